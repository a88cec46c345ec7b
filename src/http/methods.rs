//! What a path allows: a method that it has not is 405 with `Allow`, not 404.

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

/// Paths of the document, with those methods of each that were asked for.
pub struct Methods(Vec<(Vec<String>, String)>);

impl Methods {
    /// The operations for which `wanted` holds.
    pub fn of(api: &OpenApi, wanted: impl Fn(&Operation) -> bool) -> Self {
        let allowed = api.paths.paths.iter().map(|(path, item)| {
            let methods = [
                ("GET", &item.get),
                ("PUT", &item.put),
                ("POST", &item.post),
                ("DELETE", &item.delete),
                ("PATCH", &item.patch),
                ("HEAD", &item.head),
                ("OPTIONS", &item.options),
            ];
            let there = |operation: &Option<Operation>| operation.as_ref().is_some_and(&wanted);
            let names: Vec<&str> = methods.iter().filter(|(_, o)| there(o)).map(|(name, _)| *name).collect();
            (path.split('/').map(str::to_owned).collect(), names.join(", "))
        });
        Self(allowed.collect())
    }

    /// Is this method among those of the path?
    pub fn allows(&self, path: &str, method: &str) -> bool {
        self.allowed(path).is_some_and(|methods| methods.split(", ").any(|name| name == method))
    }

    /// The methods of a path, if it is one of ours; of two that fit, the one in plain words.
    pub fn allowed(&self, path: &str) -> Option<&str> {
        let asked: Vec<&str> = path.split('/').collect();
        let is_variable = |part: &str| part.starts_with('{');
        let fits = |template: &[String]| {
            template.len() == asked.len()
                && template
                    .iter()
                    .zip(&asked)
                    .all(|(part, asked)| part == asked || is_variable(part) && !asked.is_empty())
        };
        let fitting = self.0.iter().filter(|(template, _)| fits(template));
        let plainest =
            fitting.min_by_key(|(template, _)| template.iter().filter(|part| is_variable(part)).count());
        plainest.map(|(_, methods)| methods.as_str())
    }
}

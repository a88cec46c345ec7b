//! What a path allows: a method that it has not is 405 with `Allow`, not 404.

use utoipa::openapi::OpenApi;

/// Paths of the document, with the methods of each.
pub struct Methods(Vec<(Vec<String>, String)>);

impl Methods {
    pub fn of(api: &OpenApi) -> Self {
        let allowed = api.paths.paths.iter().map(|(path, item)| {
            let methods = [
                ("GET", item.get.is_some()),
                ("PUT", item.put.is_some()),
                ("POST", item.post.is_some()),
                ("DELETE", item.delete.is_some()),
                ("PATCH", item.patch.is_some()),
            ];
            let names: Vec<&str> =
                methods.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
            (path.split('/').map(str::to_owned).collect(), names.join(", "))
        });
        Self(allowed.collect())
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

//! The JSON shapes that are either a word or an object. Written by hand so that an
//! unknown word is named with its place, which serde's untagged enums would not do.
use super::condition::Cond;
use super::definition::{Required, WorkflowRef};
use super::scenario_def::RefusedFor;
use crate::workflow::WorkflowDef;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequiredWhen {
    when: Cond,
}

impl Serialize for Required {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Always => serializer.serialize_str("always"),
            Self::Optional => serializer.serialize_str("optional"),
            Self::When(when) => RequiredWhen { when: when.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Required {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Required;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"always\", \"optional\" or {\"when\": condition}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Required, E> {
                match text {
                    "always" => Ok(Required::Always),
                    "optional" => Ok(Required::Optional),
                    _ => Err(E::unknown_variant(text, &["always", "optional"])),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Required, A::Error> {
                let shape = RequiredWhen::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Required::When(shape.when))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl Serialize for WorkflowRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Named(name) => serializer.serialize_str(name),
            Self::Inline(def) => def.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for WorkflowRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = WorkflowRef;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a workflow, or a workflow")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<WorkflowRef, E> {
                Ok(WorkflowRef::Named(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WorkflowRef, A::Error> {
                let def = WorkflowDef::deserialize(MapAccessDeserializer::new(map))?;
                Ok(WorkflowRef::Inline(Box::new(def)))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl Serialize for RefusedFor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Code(code) => code.serialize(serializer),
            Self::Guard(guard) => guard.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for RefusedFor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse() {
            Ok(code) => Ok(Self::Code(code)),
            Err(_) => text.parse().map(Self::Guard).map_err(de::Error::custom),
        }
    }
}

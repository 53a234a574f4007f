//! Which resource another one means: by reference, by name, by ARN.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::kind::{Kinds, descend};
use super::name::{Namesakes, OpenNames};
use super::{KindInstance, Unit};
use crate::value::{Data, Identity, List, Unknown, Value, Why};

/// More things of one name than this are not told apart: each of those who use the name would be tied to all of them.
const MAX_NAMESAKES: usize = 64;

/// Answers which resources of a unit a value means.
#[derive(Debug)]
pub struct Relations<'u> {
    unit: &'u Unit,
    kinds: &'u Kinds,
    by_address: HashMap<&'u str, usize>,
    /// Names of the things that are referred to by name, by kind.
    by_name: HashMap<&'u str, HashMap<Arc<str>, Namesakes<'u>>>,
    /// Things of a kind whose name is unknown as a whole, by what it stands for.
    unnamed: HashMap<&'u str, HashMap<Identity, Namesakes<'u>>>,
    /// Names of a kind that are not known, or only in part.
    open_names: HashMap<&'u str, OpenNames<'u>>,
    /// Resources by provider type.
    by_type: HashMap<&'u str, Vec<usize>>,
    /// Answers to [`Relations::referring`] by provider type and attribute: resource → those that refer to it.
    referring: Mutex<HashMap<(String, String), Arc<Referring>>>,
}

#[derive(Debug, Default)]
struct Referring {
    by_target: HashMap<usize, Vec<usize>>,
    unresolved: Option<Arc<Unknown>>,
}

/// What a value means.
#[derive(Clone, Debug)]
pub enum Resolution<'r> {
    /// Resources of the unit, by position. More than one where two have the same name.
    Resources(Cow<'r, [usize]>),
    /// Something outside of the unit, by this name.
    Outside(Arc<str>),
    /// It cannot be told.
    Unknown(Arc<Unknown>),
}

impl<'u> Relations<'u> {
    /// The relations of a unit; `named` are the kinds whose `name` field identifies them.
    pub fn new(unit: &'u Unit, kinds: &'u Kinds, named: &[&str]) -> Relations<'u> {
        let mut relations = Relations {
            unit,
            kinds,
            by_address: HashMap::with_capacity(unit.resources.len()),
            by_name: HashMap::new(),
            unnamed: HashMap::new(),
            open_names: HashMap::new(),
            by_type: HashMap::new(),
            referring: Mutex::default(),
        };
        for (index, resource) in unit.resources.iter().enumerate() {
            relations.by_address.insert(&resource.address, index);
            relations.by_type.entry(&resource.provider_type).or_default().push(index);
        }
        let identified: Vec<KindInstance<'u>> =
            kinds.instances(unit).filter(|instance| named.contains(&&*instance.row.kind)).collect();
        for instance in identified {
            let name = instance.field("name", &relations);
            let kind: &'u str = &instance.row.kind;
            if let Some(text) = name.as_str() {
                relations.by_name.entry(kind).or_default().entry(text.into()).or_default().add(instance.index, unit);
            } else if name.first_unknown().is_some() {
                // A name that is known in part is not that of everything that shares the unknown part.
                if let Some(identity) = name.as_unknown().and_then(|unknown| unknown.identity()) {
                    let unnamed = relations.unnamed.entry(kind).or_default();
                    unnamed.entry(identity).or_default().add(instance.index, unit);
                }
                relations.open_names.entry(kind).or_default().add(instance.index, name, unit);
            }
        }
        relations
    }

    /// The resources of a provider type.
    pub fn of_type(&self, provider_type: &str) -> &[usize] {
        self.by_type.get(provider_type).map_or(&[], Vec::as_slice)
    }

    /// The resource at an address.
    pub fn at(&self, address: &str) -> Option<usize> {
        self.by_address.get(address).copied()
    }

    /// Which thing of a kind a value means that the resource at `user` holds: a reference, a name, or an ARN that ends in
    /// the name.
    pub fn resolve(&self, value: &Value, kind: &str, user: usize) -> Resolution<'_> {
        if let Data::Unknown(unknown) = &value.data {
            let referred = unknown.refers.as_ref().and_then(|reference| self.at(&reference.address));
            if let Some(index) = referred.filter(|index| self.is_of_kind(*index, kind)) {
                return Resolution::Resources(Cow::Owned(vec![index]));
            }
            let found = self.unnamed.get(kind).and_then(|unnamed| unnamed.get(&unknown.identity()?));
            return match found {
                Some(found) => self.nearest(found, value, user),
                None => Resolution::Unknown(unknown.clone()),
            };
        }
        let text = match value.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => match value.first_unknown() {
                Some(unknown) => match self.open_names.get(kind).and_then(|open| open.same(value)) {
                    Some(same) => return self.nearest(same, value, user),
                    // `arn:${partition}:iam::${account}:policy/name` names the policy all the same.
                    None => match value.known_suffix().rsplit_once('/') {
                        Some((_, name)) if !name.is_empty() => Cow::Owned(name.to_owned()),
                        _ => return Resolution::Unknown(unknown.clone()),
                    },
                },
                None => return Resolution::Outside("".into()),
            },
        };
        let is_aws_managed = text.contains(":iam::aws:");
        let name = if text.starts_with("arn:") { text.rsplit('/').next().unwrap_or(&text) } else { &text };
        match self.by_name.get(kind).and_then(|names| names.get(name)) {
            Some(found) if !is_aws_managed => self.nearest(found, value, user),
            _ if is_aws_managed => Resolution::Outside((*text).into()),
            _ => match self.open_names.get(kind).and_then(|open| open.may_be(name)) {
                Some(unknown) => Resolution::Unknown(unknown),
                None => Resolution::Outside((*text).into()),
            },
        }
    }

    /// Those of several things of one name that a user of the name means.
    fn nearest<'r>(&'r self, found: &'r Namesakes<'u>, name: &Value, user: usize) -> Resolution<'r> {
        let user = self.unit.resources.get(user);
        let nearest = found.nearest(user);
        // One name stands for one thing in each account.
        let account = |at: &usize| self.unit.resources.get(*at).and_then(|resource| resource.account.as_ref());
        if nearest.len() > 1 && nearest.iter().any(|at| account(at).is_some()) {
            let own = user.and_then(|user| user.account.as_ref());
            let in_own: Vec<usize> = nearest.iter().copied().filter(|at| account(at) == own).collect();
            if !in_own.is_empty() && in_own.len() <= MAX_NAMESAKES {
                return Resolution::Resources(Cow::Owned(in_own));
            }
        }
        if nearest.len() > MAX_NAMESAKES {
            let shown = name.scalar_text().unwrap_or_default();
            let subject = format!("{} resources are named `{shown}`", nearest.len());
            return Resolution::Unknown(Arc::new(Unknown::new(Why::Limit, subject, name.origin)));
        }
        Resolution::Resources(Cow::Borrowed(nearest))
    }

    /// Whether a resource is one of a kind; the empty kind is any.
    fn is_of_kind(&self, index: usize, kind: &str) -> bool {
        let provider_type = self.unit.resources.get(index).map(|resource| &*resource.provider_type);
        kind.is_empty() || provider_type.is_some_and(|t| self.kinds.rows(t).iter().any(|row| &*row.kind == kind))
    }

    /// The attributes of the resources of a provider type whose attribute `by` refers to the resource at `target`: none
    /// where there is no such resource, a list where there are several, open where one of them cannot be resolved.
    pub fn referring(&self, provider_type: &str, by: &str, target: usize) -> Option<Value> {
        let index = self.referring_index(provider_type, by);
        let found = index.by_target.get(&target).map_or(&[][..], Vec::as_slice);
        let value = |at: &usize| self.unit.resources.get(*at).map(|resource| resource.attributes.clone());
        let items: Vec<Value> = found.iter().filter_map(value).collect();
        let origin = items.first().map(|item| item.origin);
        match (items.len(), &index.unresolved) {
            (0, None) => None,
            (1, None) => items.into_iter().next(),
            (_, rest) => {
                let origin = origin.or_else(|| self.unit.resources.get(target).map(|resource| resource.origin))?;
                let list = List { items, rest: rest.clone(), is_set: false };
                Some(Value::new(Data::List(Arc::new(list)), origin))
            }
        }
    }

    fn referring_index(&self, provider_type: &str, by: &str) -> Arc<Referring> {
        let key = (provider_type.to_owned(), by.to_owned());
        let mut cache = self.referring.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache.get(&key) {
            return known.clone();
        }
        let mut index = Referring::default();
        for at in self.of_type(provider_type) {
            let Some(resource) = self.unit.resources.get(*at) else { continue };
            for value in descend(&resource.attributes, by).elements() {
                match self.resolve(value, "", *at) {
                    Resolution::Resources(targets) => {
                        for target in targets.iter().copied() {
                            index.by_target.entry(target).or_default().push(*at);
                        }
                    }
                    Resolution::Unknown(unknown) => index.unresolved = Some(unknown),
                    Resolution::Outside(_) => {}
                }
            }
        }
        let index = Arc::new(index);
        cache.insert(key, index.clone());
        index
    }
}

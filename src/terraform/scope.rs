//! What names mean: variables, locals, resources, modules, each evaluated once and only when somebody asks.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::Settings;
use super::expression::{Evaluated, Failure, fail};
use super::functions;
use super::library::{Library, installed_key};
use super::limit::{MAX_PARTS, MAX_RESOURCE_PARTS, told};
use super::module::{Layers, Module, literal};
use super::provider::{Accounts, Provider};
use super::share::Made;
use super::symbol::{Symbol, prefix};
use super::types;
use crate::diagnostic::Diagnostic;
use crate::model::{Mode, Step};
use crate::source::{FileId, Origin, Sources};
use crate::syntax::hcl::{Expression, ExpressionKind, TemplatePart};
use crate::value::{Fact, Unknown, Value, Why};

/// How deep evaluation may nest: expressions within expressions, names within names.
const MAX_DEPTH: u32 = 1_200;

/// How many steps the evaluation of one root module may take.
const MAX_STEPS: u64 = 8_000_000;

/// How many module instances one root module may have.
const MAX_INSTANCES: usize = 50_000;

/// How deep module calls may nest.
const MAX_MODULE_DEPTH: usize = 64;

/// A module instance: the module with the arguments of one call.
pub(super) struct Instance {
    pub(super) module: Arc<Module>,
    /// `module.a["x"].module.b`; empty for the root.
    pub(super) address: Arc<str>,
    /// The calls that led here.
    pub(super) chain: Arc<[Step]>,
    /// The directory relative to the root module, as `path.module` gives it.
    path: String,
    pub(super) call: Option<Call>,
    /// The provider configurations that have been asked for, by the names that they have here.
    pub(super) providers: RefCell<HashMap<String, Rc<Provider>>>,
    memo: RefCell<HashMap<Symbol, Slot>>,
    children: RefCell<HashMap<Arc<str>, Option<Rc<Children>>>>,
    /// How the instances of the resources that have been evaluated are told apart.
    pub(super) shapes: RefCell<HashMap<Symbol, Shape>>,
}

/// Where an instance was called: in which instance, by which block, with which `each` or `count`.
pub(super) struct Call {
    pub(super) parent: Rc<Instance>,
    pub(super) layers: Layers,
    pub(super) bindings: Vec<(Arc<str>, Value)>,
}

/// The instances of a module call.
pub(super) struct Children {
    pub(super) shape: Shape,
    pub(super) instances: Vec<(Option<Value>, Rc<Instance>)>,
    by_key: HashMap<String, usize>,
}

/// How the instances of a block are told apart.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// Neither `count` nor `for_each`.
    Single,
    /// By number.
    Count,
    /// By key.
    ForEach,
    /// Not known: one instance stands for all there may be, by key or by number.
    Possible { reason: Arc<Unknown>, by_key: bool },
}

enum Slot {
    Evaluating,
    Known(Value),
}

/// A `for` variable, `each`, `count`, `self`, or a variable of a template file.
pub(super) struct Frame<'f> {
    pub(super) instance: &'f Rc<Instance>,
    pub(super) file: FileId,
    name: &'f str,
    value: Option<Value>,
    parent: Option<&'f Frame<'f>>,
    owned: Vec<(Arc<str>, Value)>,
}

impl<'f> Frame<'f> {
    /// The names of a module instance, for expressions of a file.
    pub(super) fn new(instance: &'f Rc<Instance>, file: FileId) -> Frame<'f> {
        Frame { instance, file, name: "", value: None, parent: None, owned: Vec::new() }
    }

    /// The same names and one more.
    pub(super) fn bind<'b>(&'b self, name: &'b str, value: Value) -> Frame<'b> {
        Frame { name, value: Some(value), parent: Some(self), owned: Vec::new(), ..*self }
    }

    /// The same frame with one more name.
    #[must_use]
    pub(super) fn bind_owned(mut self, name: &Arc<str>, value: Value) -> Frame<'f> {
        self.owned.push((name.clone(), value));
        self
    }

    /// The same names for expressions of another file.
    pub(super) fn in_file(&self, file: FileId) -> Frame<'_> {
        Frame { file, name: "", value: None, parent: Some(self), owned: Vec::new(), ..*self }
    }

    pub(super) fn binding(&self, name: &str) -> Option<&Value> {
        let mut frame = Some(self);
        while let Some(here) = frame {
            if here.name == name && here.value.is_some() {
                return here.value.as_ref();
            }
            if let Some((_, value)) = here.owned.iter().rev().find(|(other, _)| &**other == name) {
                return Some(value);
            }
            frame = here.parent;
        }
        None
    }
}

/// Evaluates one root module.
pub(super) struct Evaluator<'e> {
    pub(super) sources: &'e Sources,
    pub(super) settings: &'e Settings,
    pub(super) library: &'e Library<'e>,
    pub(super) root_directory: PathBuf,
    pub(super) diagnostics: RefCell<Vec<Diagnostic>>,
    said: RefCell<HashSet<(String, Origin)>>,
    /// The names that are being evaluated, each because of the one before.
    pub(super) trail: RefCell<Vec<(Rc<Instance>, Symbol)>>,
    inputs: HashMap<Arc<str>, Value>,
    depth: Cell<u32>,
    steps: Cell<u64>,
    instances: Cell<usize>,
    pub(super) made: Made,
    pub(super) work: functions::Work,
    /// The templates that stand in files as they are, by their places.
    pub(super) templates: RefCell<HashMap<Origin, Rc<Vec<TemplatePart>>>>,
    pub(super) accounts: RefCell<Accounts>,
}

impl<'e> Evaluator<'e> {
    pub(super) fn new(
        sources: &'e Sources,
        settings: &'e Settings,
        library: &'e Library<'e>,
        root_directory: &Path,
        inputs: HashMap<Arc<str>, Value>,
    ) -> Evaluator<'e> {
        Evaluator {
            sources,
            settings,
            library,
            root_directory: root_directory.to_owned(),
            diagnostics: RefCell::default(),
            said: RefCell::default(),
            trail: RefCell::default(),
            inputs,
            depth: Cell::new(0),
            steps: Cell::new(0),
            instances: Cell::new(0),
            made: Made::default(),
            work: functions::Work::default(),
            templates: RefCell::default(),
            accounts: RefCell::default(),
        }
    }

    /// The instance of the root module itself.
    pub(super) fn root_instance(module: Arc<Module>) -> Rc<Instance> {
        Rc::new(Instance {
            module,
            address: "".into(),
            chain: Arc::new([]),
            path: ".".to_owned(),
            call: None,
            providers: RefCell::default(),
            memo: RefCell::default(),
            children: RefCell::default(),
            shapes: RefCell::default(),
        })
    }

    /// Goes one level deeper.
    pub(super) fn enter(&self, origin: Origin) -> Result<(), Box<Failure>> {
        self.spend(1, origin)?;
        if self.depth.get() >= MAX_DEPTH {
            return self.limit("expressions and names nested too deeply".to_owned(), origin);
        }
        self.depth.set(self.depth.get() + 1);
        Ok(())
    }

    /// Comes back one level.
    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Takes steps from the budget of the root module.
    pub(super) fn spend(&self, steps: usize, origin: Origin) -> Result<(), Box<Failure>> {
        self.steps.set(self.steps.get().saturating_add(steps as u64));
        if self.steps.get() > MAX_STEPS {
            return self.limit(format!("evaluation of more than {MAX_STEPS} steps"), origin);
        }
        Ok(())
    }

    /// A limit of the scan was reached: said once, and everything that depends on it is unknown.
    pub(super) fn limit<T>(&self, message: String, origin: Origin) -> Result<T, Box<Failure>> {
        Err(Box::new(Failure { message, origin, is_limit: true }))
    }

    /// Adds a diagnostic, once for each place.
    pub(super) fn report(&self, mut diagnostic: Diagnostic) {
        diagnostic.message = told(&diagnostic.message).into_owned();
        let place = diagnostic.labels.first().map_or(Origin::NONE, |label| label.origin);
        if self.said.borrow_mut().insert((diagnostic.message.clone(), place)) {
            self.diagnostics.borrow_mut().push(diagnostic);
        }
    }

    /// The value of an expression, where a failure becomes a diagnostic and an unknown value.
    pub(super) fn evaluate_or_unknown(&self, expression: &Expression, frame: &Frame<'_>) -> Value {
        let depth = self.depth.get();
        let bounded = |value| self.bounded(value, MAX_PARTS, frame.origin(expression.span));
        match self.evaluate(expression, frame).and_then(bounded) {
            Ok(value) => value,
            Err(failure) => {
                self.depth.set(depth);
                self.unknown_for(&failure, frame.origin(expression.span))
            }
        }
    }

    /// Tells of a failure, and gives the value that stands for what has failed.
    pub(super) fn unknown_for(&self, failure: &Failure, origin: Origin) -> Value {
        // A limit is reached at many places at once: the first one tells enough.
        let place = if failure.is_limit { Origin::NONE } else { failure.origin };
        let mut diagnostic = failure.diagnostic();
        diagnostic.message = told(&diagnostic.message).into_owned();
        if self.said.borrow_mut().insert((diagnostic.message.clone(), place)) {
            self.diagnostics.borrow_mut().push(diagnostic);
        }
        Value::unknown(self.invalid(failure), origin)
    }

    /// The reason that stands for what has failed.
    pub(super) fn invalid(&self, failure: &Failure) -> Unknown {
        let source = self.sources.get(failure.origin.file);
        let text = source.slice(failure.origin.span);
        let subject = if failure.is_limit {
            failure.message.clone()
        } else {
            text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect()
        };
        Unknown::new(if failure.is_limit { Why::Limit } else { Why::Invalid }, subject, failure.origin)
    }

    /// The value of a name of an instance, evaluated once.
    fn once(
        &self,
        instance: &Rc<Instance>,
        symbol: Symbol,
        origin: Origin,
        compute: impl FnOnce() -> Value,
    ) -> Evaluated {
        match instance.memo.borrow().get(&symbol) {
            Some(Slot::Known(value)) => return Ok(value.clone()),
            Some(Slot::Evaluating) => return fail(self.circle(instance, &symbol), origin),
            None => {}
        }
        self.enter(origin)?;
        instance.memo.borrow_mut().insert(symbol.clone(), Slot::Evaluating);
        self.trail.borrow_mut().push((instance.clone(), symbol.clone()));
        let mut value = compute();
        self.trail.borrow_mut().pop();
        self.leave();
        // Everything else is the value of one expression, and that has been looked at.
        if matches!(symbol, Symbol::Resource(..)) {
            let whole = self.bounded(value, MAX_RESOURCE_PARTS, origin);
            value = whole.unwrap_or_else(|failure| self.unknown_for(&failure, origin));
        }
        instance.memo.borrow_mut().insert(symbol, Slot::Known(value.clone()));
        Ok(value)
    }

    /// A name that stands alone.
    pub(super) fn root(&self, name: &str, frame: &Frame<'_>, origin: Origin) -> Evaluated {
        match name {
            "var" | "local" | "data" | "module" | "path" | "terraform" | "tofu" => {
                fail(format!("`{name}` needs an attribute"), origin)
            }
            "each" | "count" | "self" => fail(format!("`{name}` has no meaning here"), origin),
            _ => {
                let is_type = frame.instance.module.provider_types.contains(name);
                let message = if is_type {
                    format!("`{name}` is a resource type: the name of a resource must follow")
                } else {
                    format!("there is nothing named `{name}`")
                };
                fail(message, origin)
            }
        }
    }

    /// The value of `inner.name` where the two together are a symbol (`var.x`, `aws_iam_user.a`, `module.m.output`);
    /// none where `inner` is an ordinary value.
    pub(super) fn symbol(
        &self,
        inner: &Expression,
        name: &Arc<str>,
        frame: &Frame<'_>,
        origin: Origin,
    ) -> Option<Evaluated> {
        let instance = frame.instance;
        match &inner.kind {
            ExpressionKind::Variable(root) if frame.binding(root).is_none() => Some(match &**root {
                "var" => self.variable(instance, name, origin),
                "local" => self.local(instance, name, origin),
                "path" => Ok(self.path(instance, name, origin)),
                "terraform" | "tofu" => Ok(self.terraform(name, origin)),
                "module" => self.module_value(instance, name, origin),
                "data" | "ephemeral" => return None,
                "each" | "count" | "self" => fail(format!("`{root}` has no meaning here"), origin),
                _ => self.resource(instance, Mode::Managed, root, name, origin),
            }),
            ExpressionKind::GetAttr(root, provider_type, _) => match &root.kind {
                ExpressionKind::Variable(root)
                    if matches!(&**root, "data" | "ephemeral") && frame.binding(root).is_none() =>
                {
                    let mode = if &**root == "data" { Mode::Data } else { Mode::Ephemeral };
                    Some(self.resource(instance, mode, provider_type, name, origin))
                }
                ExpressionKind::Variable(root) if &**root == "module" && frame.binding(root).is_none() => {
                    Some(self.module_output(instance, provider_type, None, name, origin))
                }
                _ => None,
            },
            ExpressionKind::Index(call, key) => {
                let ExpressionKind::GetAttr(root, call_name, _) = &call.kind else { return None };
                let is_module = matches!(&root.kind, ExpressionKind::Variable(root) if &**root == "module");
                if !is_module || frame.binding("module").is_some() {
                    return None;
                }
                Some(match self.evaluate(key, frame) {
                    Ok(key) => self.module_output(instance, call_name, Some(&key), name, origin),
                    Err(failure) => Err(failure),
                })
            }
            _ => None,
        }
    }

    fn path(&self, instance: &Instance, name: &str, origin: Origin) -> Value {
        match name {
            "module" => Value::string(instance.path.as_str(), origin),
            "root" => Value::string(".", origin),
            // Terraform runs in the root module's folder. Where that lies on this machine is nobody's business, and a scan
            // gives the same everywhere: only the part inside of the scanned tree is known.
            "cwd" if !self.settings.in_memory => functions::absolute(&self.root_directory, self.sources, origin),
            _ => Value::unknown(Unknown::new(Why::Environment(Fact::Stack), format!("path.{name}"), origin), origin),
        }
    }

    fn terraform(&self, name: &str, origin: Origin) -> Value {
        let workspace = (name == "workspace").then(|| self.workspace()).flatten();
        match workspace {
            Some(workspace) => Value::string(workspace, origin),
            _ => {
                let unknown = Unknown::new(Why::Environment(Fact::Stack), format!("terraform.{name}"), origin);
                Value::unknown(unknown, origin)
            }
        }
    }

    /// The selected workspace: the one that is given, else the one that `terraform workspace select` has noted down in this
    /// folder. Without either it would be `default` here, and another one where the pipeline selects that: not known.
    fn workspace(&self) -> Option<String> {
        if let Some(given) = &self.settings.workspace {
            return Some(given.clone());
        }
        if self.settings.in_memory {
            return None;
        }
        let noted = self.sources.open(&self.root_directory.join(".terraform/environment")).ok()?;
        let noted = self.sources.get(noted).text().trim().to_owned();
        Some(noted).filter(|noted| !noted.is_empty())
    }

    fn local(&self, instance: &Rc<Instance>, name: &Arc<str>, origin: Origin) -> Evaluated {
        let Some(sourced) = instance.module.locals.get(name) else {
            return fail(format!("there is no local value named `{name}`"), origin);
        };
        self.once(instance, Symbol::Local(name.clone()), origin, || {
            self.evaluate_or_unknown(&sourced.attribute.value, &Frame::new(instance, sourced.file))
        })
    }

    pub(super) fn variable(&self, instance: &Rc<Instance>, name: &Arc<str>, origin: Origin) -> Evaluated {
        let Some(layers) = instance.module.variables.get(name) else {
            return fail(format!("there is no variable named `{name}`"), origin);
        };
        self.once(instance, Symbol::Variable(name.clone()), origin, || self.input(instance, name, layers))
    }

    /// The value that a variable is given: by the caller or by the project's settings, else its default.
    fn input(&self, instance: &Rc<Instance>, name: &Arc<str>, layers: &Layers) -> Value {
        let here = Frame::new(instance, FileId::NONE);
        let flag = |attribute: &str| {
            let (file, found) = layers.attribute(attribute)?;
            self.evaluate_or_unknown(&found.value, &here.in_file(file)).as_bool()
        };
        let given = match &instance.call {
            Some(call) => call.layers.attribute(name).map(|(file, attribute)| {
                let mut frame = Frame::new(&call.parent, file);
                for (name, value) in &call.bindings {
                    frame = frame.bind_owned(name, value.clone());
                }
                self.evaluate_or_unknown(&attribute.value, &frame)
            }),
            None => self.inputs.get(name).cloned(),
        };
        let nullable = flag("nullable") != Some(false);
        let given = given.filter(|value| nullable || !value.is_null());
        let value = given.or_else(|| {
            let (file, default) = layers.attribute("default")?;
            Some(self.evaluate_or_unknown(&default.value, &here.in_file(file)))
        });
        let value = value.unwrap_or_else(|| {
            let subject = match &*instance.address {
                "" => format!("var.{name}"),
                address => format!("{address}.var.{name}"),
            };
            Value::unknown(Unknown::new(Why::NoValue, subject, layers.header()), layers.header())
        });
        let value = match layers.attribute("type") {
            Some((file, attribute)) => match types::convert(value, &attribute.value, &here.in_file(file), self) {
                Ok(value) => value,
                Err(failure) if failure.is_limit => self.unknown_for(&failure, failure.origin),
                Err(failure) => {
                    let message = format!("the value of variable `{name}` is not of its type: {}", failure.message);
                    let place = failure.origin.or(layers.header());
                    let failure = Failure { message, origin: place, is_limit: false };
                    self.unknown_for(&failure, place)
                }
            },
            None => value,
        };
        value.marked(flag("sensitive") == Some(true) || flag("ephemeral") == Some(true))
    }

    /// The values that the call of an instance gives to its variables, in their order; none for the root module.
    pub(super) fn arguments(&self, instance: &Rc<Instance>) -> Option<Vec<Option<Value>>> {
        let call = instance.call.as_ref()?;
        let argument = |(name, layers): (&Arc<str>, &Layers)| {
            let is_given = call.layers.attribute(name).is_some();
            is_given.then(|| {
                self.variable(instance, name, layers.header())
                    .unwrap_or_else(|failure| self.unknown_for(&failure, layers.header()))
            })
        };
        Some(instance.module.variables.iter().map(argument).collect())
    }

    /// The name by which `terraform init` knows the instance, where it has installed anything for this root module.
    pub(super) fn installed_name(&self, instance: &Instance) -> Option<String> {
        let names: Vec<&str> = instance.chain.iter().map(|step| &*step.name).collect();
        self.library.has_installed(&self.root_directory).then(|| installed_key(&names))
    }

    /// The value of an output of an instance.
    pub(super) fn output(&self, instance: &Rc<Instance>, name: &Arc<str>, origin: Origin) -> Evaluated {
        let Some(layers) = instance.module.outputs.get(name) else {
            return fail(format!("the module has no output named `{name}`"), origin);
        };
        self.once(instance, Symbol::Output(name.clone()), origin, || {
            let here = Frame::new(instance, FileId::NONE);
            let Some((file, attribute)) = layers.attribute("value") else { return Value::null(layers.header()) };
            let value = self.evaluate_or_unknown(&attribute.value, &here.in_file(file));
            let sensitive = layers.attribute("sensitive").is_some_and(|(file, attribute)| {
                self.evaluate_or_unknown(&attribute.value, &here.in_file(file)).as_bool() == Some(true)
            });
            value.marked(sensitive)
        })
    }

    /// `module.name.output` or `module.name[key].output`
    fn module_output(
        &self,
        instance: &Rc<Instance>,
        call: &Arc<str>,
        key: Option<&Value>,
        output: &Arc<str>,
        origin: Origin,
    ) -> Evaluated {
        let Some(children) = self.children(instance, call, origin)? else {
            let unknown = Unknown::new(Why::NotInTree, format!("the module of `module.{call}`"), origin);
            return Ok(Value::unknown(unknown, origin));
        };
        let chosen = match (&children.shape, key) {
            (Shape::Single | Shape::Possible { .. }, _) => children.instances.first(),
            (_, Some(key)) => {
                if let Some(unknown) = super::expression::open_key(key) {
                    return Ok(Value::unknown(crate::value::derived(unknown), origin));
                }
                let at = key.scalar_text().and_then(|key| children.by_key.get(&*key));
                at.and_then(|at| children.instances.get(*at))
            }
            (_, None) => return fail(format!("`module.{call}` has several instances: an index must follow"), origin),
        };
        match (chosen, &children.shape) {
            (Some((_, child)), Shape::Possible { reason, .. }) => {
                let value = self.output(child, output, origin)?;
                // Whether the instance exists is not known; what it would give still ties resources together.
                Ok(if value.as_unknown().is_some() { value } else { Value::unknown(reason.clone(), origin) })
            }
            (Some((_, child)), _) => self.output(child, output, origin),
            (None, _) => fail(format!("`module.{call}` has no such instance"), origin),
        }
    }

    /// `module.name` as a whole: an object of outputs, or a list or map of such objects.
    fn module_value(&self, instance: &Rc<Instance>, call: &Arc<str>, origin: Origin) -> Evaluated {
        let Some(children) = self.children(instance, call, origin)? else {
            let unknown = Unknown::new(Why::NotInTree, format!("the module of `module.{call}`"), origin);
            return Ok(Value::unknown(unknown, origin));
        };
        let object = |child: &Rc<Instance>| -> Evaluated {
            let mut fields = Vec::new();
            for name in child.module.outputs.keys() {
                fields.push((name.clone(), self.output(child, name, origin)?));
            }
            Ok(Value::fields(fields, origin))
        };
        let mut values = Vec::with_capacity(children.instances.len());
        for (key, child) in &children.instances {
            values.push((key.clone(), object(child)?));
        }
        Ok(super::expand::shaped(&children.shape, values, origin))
    }

    /// The instances of a module call; none where its source is not in the tree.
    pub(super) fn children(
        &self,
        instance: &Rc<Instance>,
        call: &Arc<str>,
        origin: Origin,
    ) -> Result<Option<Rc<Children>>, Box<Failure>> {
        if let Some(known) = instance.children.borrow().get(call) {
            return Ok(known.clone());
        }
        let Some(layers) = instance.module.call(call) else {
            return fail(format!("there is no module call named `{call}`"), origin);
        };
        if instance.chain.len() >= MAX_MODULE_DEPTH {
            return self.limit(format!("module calls nested more than {MAX_MODULE_DEPTH} deep"), layers.header());
        }
        let directory = self.source_directory(instance, call, layers);
        let module = directory.as_ref().and_then(|directory| self.library.module(directory));
        let children = match (directory, module) {
            (Some(directory), Some(module)) => {
                self.check_call(call, layers, &module);
                let path = relative(&self.root_directory, &directory);
                let (shape, keys) = self.expansion_or_possible(instance, layers);
                let mut instances = Vec::with_capacity(keys.len());
                let mut by_key = HashMap::with_capacity(keys.len());
                for (key, bindings) in keys {
                    if let Some(text) = key.as_ref().and_then(Value::scalar_text) {
                        by_key.entry(text.into_owned()).or_insert(instances.len());
                    }
                    self.instances.set(self.instances.get() + 1);
                    if self.instances.get() > MAX_INSTANCES {
                        return self.limit(format!("more than {MAX_INSTANCES} module instances"), layers.header());
                    }
                    let name: Arc<str> = format!("module.{call}{}", super::expand::key_text(key.as_ref())).into();
                    let address = match &*instance.address {
                        "" => name.clone(),
                        parent => format!("{parent}.{name}").into(),
                    };
                    self.spend(1 + address.len() / super::expand::NAME_BYTES_PER_STEP, layers.header())?;
                    let step = Step { name, origin: layers.header() };
                    let child = Instance {
                        module: module.clone(),
                        address,
                        chain: instance.chain.iter().cloned().chain(std::iter::once(step)).collect(),
                        path: path.clone(),
                        call: Some(Call { parent: instance.clone(), layers: layers.clone(), bindings }),
                        providers: RefCell::default(),
                        memo: RefCell::default(),
                        children: RefCell::default(),
                        shapes: RefCell::default(),
                    };
                    instances.push((key, Rc::new(child)));
                }
                Some(Rc::new(Children { shape, instances, by_key }))
            }
            _ => None,
        };
        instance.children.borrow_mut().insert(call.clone(), children.clone());
        Ok(children)
    }

    /// The directory that a module call means; a diagnostic where there is none.
    fn source_directory(&self, instance: &Rc<Instance>, call: &str, layers: &Layers) -> Option<PathBuf> {
        let Some((file, attribute)) = layers.attribute("source") else {
            let message = format!("the call of module `{call}` has no `source`");
            self.report(
                Diagnostic::warning("module-not-found", message).at(layers.header(), "what it makes is undecided"),
            );
            return None;
        };
        let origin = Origin { file, span: attribute.value.span };
        let evaluated;
        let source = match literal(&attribute.value) {
            Some(source) => source,
            None => {
                evaluated = self.evaluate_or_unknown(&attribute.value, &Frame::new(instance, file));
                evaluated.as_str().unwrap_or_default()
            }
        };
        if super::module::is_local(source) {
            let directory = crate::source::normalise(&instance.module.directory.join(source));
            if self.library.module(&directory).is_some() {
                return Some(directory);
            }
            let reason =
                if self.sources.admits(&directory) { "holds no configuration" } else { "is not in the scanned tree" };
            let message = format!("the module `{source}` {reason}");
            self.report(Diagnostic::warning("module-not-found", message).at(origin, "what it makes is undecided"));
            return None;
        }
        let mut key: Vec<&str> = instance.chain.iter().map(|step| &*step.name).collect();
        key.push(call);
        let installed = self.library.installed(&self.root_directory, &installed_key(&key));
        if let Some(directory) = installed.filter(|directory| self.library.module(directory).is_some()) {
            return Some(directory);
        }
        let message = format!("the module `{source}` is not installed: what it makes is undecided");
        self.report(
            Diagnostic::warning("module-not-installed", message)
                .at(origin, "")
                .help("run `terraform init` first, or scan the plan"),
        );
        None
    }

    /// The value of a resource for the list of all resources.
    pub(super) fn resource_of(
        &self,
        instance: &Rc<Instance>,
        mode: Mode,
        provider_type: &Arc<str>,
        name: &Arc<str>,
    ) -> Evaluated {
        self.resource(instance, mode, provider_type, name, Origin::NONE)
    }

    /// The value of a resource: an object, or a list or map of objects.
    fn resource(
        &self,
        instance: &Rc<Instance>,
        mode: Mode,
        provider_type: &Arc<str>,
        name: &Arc<str>,
        origin: Origin,
    ) -> Evaluated {
        let key = (mode, provider_type.clone(), name.clone());
        let Some(at) = instance.module.by_name.get(&key) else {
            return fail(format!("there is no resource `{}{provider_type}.{name}`", prefix(mode)), origin);
        };
        let Some(block) = instance.module.resources.get(*at) else { return fail("no such resource", origin) };
        let symbol = Symbol::of(block);
        self.once(instance, symbol, origin.or(block.layers.header()), || self.resource_value(instance, block))
    }
}

/// A directory relative to the root module.
fn relative(root: &Path, directory: &Path) -> String {
    let (root, directory) = (crate::source::normalise(root), crate::source::normalise(directory));
    let shared = root.components().zip(directory.components()).take_while(|(a, b)| a == b).count();
    let up = root.components().count() - shared;
    let mut path: PathBuf = std::iter::repeat_n("..", up).collect();
    path.extend(directory.components().skip(shared));
    let text = path.to_string_lossy().replace('\\', "/");
    if text.is_empty() { ".".to_owned() } else { text }
}

//! What runs with a role of the unit, or can be made to: functions, projects, instances by their profiles, services by their
//! task definitions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::kind::{is_all_of_service, is_whole};
use crate::iam::access::{Extent, Grant, Pattern};
use crate::iam::catalogue::{Action, role_references_of};
use crate::iam::glob::{Except, Glob, Symbol};
use crate::iam::identity::Identity;
use crate::model::{Resolution, Resource, descend};
use crate::value::{Truth, Value};

/// A pattern that may mean more things than this is not held against them.
const MAX_CANDIDATES: usize = 4_000;

/// The attributes by which an ARN calls a thing.
const NAMES: [&str; 20] = [
    "function_name",
    "FunctionName",
    "name",
    "Name",
    "id",
    "stack_name",
    "StackName",
    "service_name",
    "ServiceName",
    "project_name",
    "ProjectName",
    "StateMachineName",
    "NotebookInstanceName",
    "ClusterName",
    "PipelineName",
    "JobName",
    "family",
    "Family",
    "DomainName",
    "domain_name",
];

/// Services that are called in ARNs as they are by their types.
const IN_ARNS: [&str; 10] =
    ["apprunner", "cloudformation", "codebuild", "ec2", "ecs", "glue", "iam", "lambda", "sagemaker", "states"];

/// Where launch templates name an instance profile.
const PROFILES: [(&str, &str); 4] = [
    ("aws_launch_template", "iam_instance_profile.name"),
    ("aws_launch_template", "iam_instance_profile.arn"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData.IamInstanceProfile.Name"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData.IamInstanceProfile.Arn"),
];

/// What SAM makes, which runs with the role that it names or that is made for it, with the service.
const SERVERLESS: [(&str, &str); 2] =
    [("AWS::Serverless::Function", "lambda"), ("AWS::Serverless::StateMachine", "states")];

/// Services that run a task definition in a cluster, with the attributes that name both.
const TASK_RUNNERS: [(&str, &str, &str); 3] = [
    ("aws_ecs_service", "task_definition", "cluster"),
    ("aws_ecs_task_set", "task_definition", "cluster"),
    ("AWS::ECS::Service", "TaskDefinition", "Cluster"),
];

/// Something that runs with a role of the unit.
#[derive(Debug)]
struct Carrier {
    role: usize,
    address: Arc<str>,
    name: Option<String>,
    /// The service in its ARN, where that is known.
    service: Option<&'static str>,
    /// What it is of: `lambda`, `ec2`.
    of: String,
    /// Its number among the resources of the unit.
    resource: Option<usize>,
    /// It is an instance profile, which is there for what is given it.
    is_profile: bool,
}

/// All that runs with a role of the unit.
#[derive(Debug, Default)]
pub(super) struct Carriers {
    all: Vec<Carrier>,
    by_name: HashMap<String, Vec<usize>>,
    by_address: HashMap<Arc<str>, Vec<usize>>,
    /// By role what it is of: `lambda`, `ec2`.
    services: BTreeMap<usize, BTreeSet<String>>,
    /// Roles that instances of the unit run with, or what makes them.
    with_instances: BTreeSet<usize>,
}

/// Instance profiles with the roles in them, by address and by name.
#[derive(Default)]
struct Profiles {
    by_address: HashMap<Arc<str>, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Profiles {
    fn of(identity: &Identity<'_>, carriers: &mut Carriers) -> Profiles {
        let mut profiles = Profiles::default();
        for profile in identity.of_kind("instance-profile") {
            let (address, name) = (&profile.resource.address, identity.field(profile, "name"));
            for value in identity.field(profile, "role").elements() {
                let Resolution::Resources(found) = identity.relations.resolve(value, "role", profile.index) else {
                    continue;
                };
                let roles = found.iter().filter_map(|at| identity.principal_at(*at)).collect::<Vec<_>>();
                for role in &roles {
                    carriers.add(*role, address, name.as_str(), "iam");
                }
                if let Some(name) = name.as_str() {
                    profiles.by_name.entry(name.to_owned()).or_default().extend(&roles);
                }
                profiles.by_address.entry(address.clone()).or_default().extend(roles);
            }
        }
        profiles
    }

    /// The roles of the profile that a value names, by reference, name or ARN.
    fn roles(&self, value: &Value) -> &[usize] {
        let found = match (value.as_str(), reference(value)) {
            (Some(text), _) => self.by_name.get(text.rsplit('/').next().unwrap_or(text)),
            (None, Some(address)) => self.by_address.get(&address),
            (None, None) => None,
        };
        found.map_or(&[], Vec::as_slice)
    }
}

fn reference(value: &Value) -> Option<Arc<str>> {
    Some(value.as_unknown()?.refers.as_ref()?.address.clone())
}

impl Carriers {
    /// What runs with the roles of an account.
    pub(super) fn of(identity: &Identity<'_>, is_in: impl Fn(usize) -> bool) -> Carriers {
        let mut carriers = Carriers::default();
        let profiles = Profiles::of(identity, &mut carriers);
        for (index, resource) in identity.unit.resources.iter().enumerate() {
            let name = name_of(resource);
            let paths = role_references_of(&resource.provider_type).iter().map(|reference| reference.path);
            let of_template = PROFILES.iter().filter(|(kind, _)| **kind == *resource.provider_type);
            for path in paths.chain(of_template.map(|(_, path)| *path)) {
                let path = path.replace("[]", "").replace("/*", "").replace('/', ".");
                let service = service_of(&resource.provider_type);
                for value in descend(&resource.attributes, &path).elements() {
                    for role in profiles.roles(value) {
                        carriers.add(*role, &resource.address, name, "ec2");
                    }
                    // What is given a profile may have the name of a role.
                    if path.to_ascii_lowercase().contains("profile") {
                        continue;
                    }
                    let Resolution::Resources(roles) = identity.relations.resolve(value, "role", index) else {
                        continue;
                    };
                    for role in roles.iter().filter_map(|at| identity.principal_at(*at)) {
                        carriers.add(role, &resource.address, name, &service);
                    }
                }
            }
            for (_, service) in SERVERLESS.iter().filter(|(kind, _)| **kind == *resource.provider_type) {
                carriers.add_serverless(identity, index, resource, service);
            }
            for (_, task, cluster) in TASK_RUNNERS.iter().filter(|(kind, ..)| **kind == *resource.provider_type) {
                carriers.add_tasks(identity, resource, task, cluster);
            }
        }
        carriers.all.retain(|carrier| is_in(carrier.role));
        carriers.services.retain(|role, _| is_in(*role));
        for carrier in &mut carriers.all {
            carrier.resource = identity.relations.at(&carrier.address);
        }
        for (at, carrier) in carriers.all.iter().enumerate() {
            carriers.by_address.entry(carrier.address.clone()).or_default().push(at);
            if let Some(name) = &carrier.name {
                carriers.by_name.entry(name.clone()).or_default().push(at);
            }
        }
        carriers
    }

    fn add(&mut self, role: usize, address: &Arc<str>, name: Option<&str>, service: &str) {
        let in_arn = IN_ARNS.into_iter().find(|known| *known == service);
        let (address, name, is_profile) = (address.clone(), name.map(str::to_owned), service == "iam");
        // A profile is there for instances.
        let of = if is_profile { "ec2" } else { service }.to_owned();
        if !is_profile && of == "ec2" {
            self.with_instances.insert(role);
        }
        self.services.entry(role).or_default().insert(of.clone());
        self.all.push(Carrier { role, address, name, service: in_arn, of, resource: None, is_profile });
    }

    fn add_serverless(&mut self, identity: &Identity<'_>, index: usize, resource: &Resource, service: &str) {
        let role = descend(&resource.attributes, "Role");
        let roles = match role.is_null() {
            true => identity.relations.at(&format!("{}Role", resource.address)).into_iter().collect(),
            false => match identity.relations.resolve(&role, "role", index) {
                Resolution::Resources(roles) => roles.into_owned(),
                _ => Vec::new(),
            },
        };
        for role in roles.iter().filter_map(|at| identity.principal_at(*at)) {
            self.add(role, &resource.address, name_of(resource), service);
        }
    }

    /// Tasks are named by the cluster that they run in.
    fn add_tasks(&mut self, identity: &Identity<'_>, runner: &Resource, task: &str, cluster: &str) {
        let resource_at = |value: &Value| identity.unit.resources.get(identity.relations.at(&reference(value)?)?);
        let definition = descend(&runner.attributes, task);
        let Some(definition) = resource_at(&definition) else { return };
        let Some(index) = identity.relations.at(&definition.address) else { return };
        let cluster = descend(&runner.attributes, cluster);
        for path in ["task_role_arn", "TaskRoleArn"] {
            let role = descend(&definition.attributes, path);
            let Resolution::Resources(roles) = identity.relations.resolve(&role, "role", index) else { continue };
            for role in roles.iter().filter_map(|at| identity.principal_at(*at)) {
                self.add(role, &runner.address, name_of(runner), "ecs");
                match (cluster.as_str(), resource_at(&cluster)) {
                    (Some(text), _) => {
                        let name = text.rsplit('/').next().unwrap_or(text);
                        self.add(role, &runner.address, Some(name), "ecs");
                    }
                    (None, Some(cluster)) => self.add(role, &cluster.address, name_of(cluster), "ecs"),
                    (None, None) => {}
                }
            }
        }
    }

    /// What a pattern means that runs with a role.
    pub(super) fn meant_by(&self, pattern: &Pattern) -> Vec<usize> {
        let literal = pattern.glob.is_literal() && !pattern.glob.has_holes();
        let some: Vec<usize> = match &pattern.refers {
            Some(address) => self.by_address.get(address).into_iter().flatten().copied().collect(),
            None if literal => {
                let text = pattern.glob.to_string();
                let parts: BTreeSet<&str> = text.split([':', '/']).collect();
                parts.into_iter().filter_map(|part| self.by_name.get(part)).flatten().copied().collect()
            }
            None if self.all.len() > MAX_CANDIDATES => Vec::new(),
            None => (0..self.all.len()).collect(),
        };
        let is_meant = |at: &usize| self.all.get(*at).is_some_and(|carrier| carrier.is_meant_by(pattern));
        some.into_iter().filter(is_meant).collect()
    }

    /// What of all that runs with a role an action may work on by some resources.
    pub(super) fn among(&self, action: Option<&Action>, extent: &Extent) -> Vec<usize> {
        let is_all = |pattern: &Pattern| match action {
            Some(action) => is_whole(action, pattern),
            None => pattern.glob.is_everything(),
        };
        let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) = extent;
        let mut named: Vec<usize> = match patterns.iter().any(is_all) {
            true => (0..self.all.len()).collect(),
            false => patterns.iter().flat_map(|pattern| self.meant_by(pattern)).collect(),
        };
        named.sort_unstable();
        named.dedup();
        match extent {
            Extent::Among(..) => named,
            Extent::AllBut(..) => (0..self.all.len()).filter(|at| named.binary_search(at).is_err()).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The role that something runs with.
    pub(super) fn role_of(&self, carrier: usize) -> Option<usize> {
        self.all.get(carrier).map(|carrier| carrier.role)
    }

    /// The resource of the unit that something is.
    pub(super) fn resource_of<'u>(&self, carrier: usize, identity: &Identity<'u>) -> Option<&'u Resource> {
        identity.unit.resources.get(self.all.get(carrier)?.resource?)
    }

    /// Whether something is of one of these services, by their principals; what is of a service that its role does not trust
    /// by its name may be of any. A profile stands for instances where the unit has none.
    pub(super) fn is_of(&self, carrier: usize, services: &[String], trusted: &[String]) -> bool {
        let Some(carrier) = self.all.get(carrier) else { return false };
        let is_called = |principal: &String| is_called(principal, &carrier.of);
        let is_of = services.is_empty() || services.iter().any(is_called) || !trusted.iter().any(is_called);
        is_of && !(carrier.is_profile && self.with_instances.contains(&carrier.role))
    }

    /// The roles of which all that runs with them is denied without a condition, or left out.
    pub(super) fn denied(&self, grant: &Grant<'_>, action: Option<&Action>) -> Vec<usize> {
        let patterns = grant.left_out().into_iter().flat_map(|extent| match extent {
            Extent::Among(patterns, _) => patterns,
            Extent::AllBut(..) => Vec::new(),
        });
        let patterns: Vec<Pattern> = patterns.collect();
        if patterns.is_empty() {
            return Vec::new();
        }
        // What AWS gives an id, such as an instance, is meant by patterns of its whole type.
        let mut whole: BTreeMap<&str, bool> = BTreeMap::new();
        let mut takes_service = |of: &'static str| {
            let all = || patterns.iter().any(|pattern| action.is_some_and(|one| is_all_of_service(one, pattern, of)));
            *whole.entry(of).or_insert_with(all)
        };
        let (mut denied, mut left) = (BTreeSet::new(), BTreeSet::new());
        for carrier in self.all.iter().filter(|carrier| !carrier.is_profile) {
            let is_denied = match (&carrier.name, carrier.service) {
                (None, Some(service)) if takes_service(service) => true,
                _ => patterns.iter().any(|pattern| carrier.is_meant_by(pattern)),
            };
            if is_denied {
                denied.insert(carrier.role)
            } else {
                left.insert(carrier.role)
            };
        }
        denied.difference(&left).copied().collect()
    }

    /// Whether something of a service, by its principal, runs with a role; what is of a service that the role does not trust
    /// by its name may be of any.
    pub(super) fn carries_for(&self, role: usize, service: &str, trusted: &[String]) -> bool {
        self.services.get(&role).is_some_and(|services| {
            let is_of = |principal: &str| services.iter().any(|service| is_called(principal, service));
            is_of(service) || !trusted.iter().any(|principal| is_of(principal))
        })
    }
}

/// Whether a principal such as `ecs-tasks.amazonaws.com` is that of a service. The agent of Systems Manager runs with the
/// role of the instance.
fn is_called(principal: &str, service: &str) -> bool {
    let labels = principal.split('.').take_while(|label| *label != "amazonaws");
    labels.into_iter().any(|label| label.strip_suffix("-tasks").unwrap_or(label) == service)
        || (service == "ec2" && principal.starts_with("ssm."))
}

/// What a provider type is of, as principals of services call it: `aws_lambda_function`, `AWS::Lambda::Function`.
fn service_of(provider_type: &str) -> String {
    let word = match provider_type.strip_prefix("AWS::") {
        Some(rest) => rest.split("::").next(),
        None => provider_type.split('_').nth(1),
    };
    match word.unwrap_or_default().to_ascii_lowercase().as_str() {
        "instance" | "launch" | "spot" | "autoscaling" => "ec2".to_owned(),
        "sfn" | "stepfunctions" => "states".to_owned(),
        "emr" => "elasticmapreduce".to_owned(),
        other => other.to_owned(),
    }
}

fn name_of(resource: &Resource) -> Option<&str> {
    NAMES.into_iter().find_map(|name| resource.attributes.get(name)?.as_str())
}

impl Carrier {
    /// Whether a pattern means it: `function:NAME`, `service/NAME/ID`, `task/CLUSTER/ID`.
    fn is_meant_by(&self, pattern: &Pattern) -> bool {
        if let Some(address) = &pattern.refers {
            return *address == self.address;
        }
        let (Some(name), false) = (&self.name, pattern.glob.is_everything()) else { return false };
        let fields = pattern.glob.fields();
        let Some(meant) = fields.get(5) else { return pattern.glob.meets(&ending_in(name)) == Truth::True };
        let other = |service: &str| fields.get(2).is_some_and(|f| f.meets(&Glob::literal(service)) == Truth::False);
        if self.service.is_some_and(other) {
            return false;
        }
        [None, Some(':'), Some('/')].into_iter().any(|before| {
            let kind = before.into_iter().flat_map(|mark| [Symbol::Run(Except::Both), Symbol::Char(mark)]);
            let named: Vec<Symbol> = kind.chain(name.chars().map(Symbol::Char)).collect();
            [None, Some(':'), Some('/')].into_iter().any(|after| {
                let id = after.into_iter().flat_map(|mark| [Symbol::Char(mark), Symbol::Run(Except::Nothing)]);
                meant.meets(&Glob::of_symbols(named.iter().cloned().chain(id))) == Truth::True
            })
        })
    }
}

fn ending_in(name: &str) -> Glob {
    let start = [Symbol::Run(Except::Nothing)];
    Glob::of_symbols(start.into_iter().chain(name.chars().map(Symbol::Char)))
}

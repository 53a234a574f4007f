//! What principals may do, against a second evaluator that decides every request of small worlds by itself: users, groups, a
//! role, policies of every sort, permissions boundaries, a service control policy and the policy of a bucket.

use iacscan::iam::{Access, Identity};
use iacscan::model::Kinds;
use iacscan::value::Truth;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::access::model_of;

const ACCOUNT: &str = "111111111111";

const ACTIONS: [&str; 6] =
    ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "sqs:DeleteQueue", "ec2:DescribeInstances"];

/// All that the patterns below can tell apart.
const OBJECTS: [&str; 11] = [
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::a/y",
    "arn:aws:s3:::a/a",
    "arn:aws:s3:::a/b",
    "arn:aws:s3:::ann/x",
    "arn:aws:s3:::ben/x",
    "arn:aws:s3:::b/x",
    "arn:aws:s3:::b/y",
    "arn:aws:s3:::c/x",
    "arn:aws:s3:::long/z",
    "arn:aws:s3:eu-west-1:111111111111:accesspoint/p/object/k",
];
const BUCKETS: [&str; 5] = [
    "arn:aws:s3:::a",
    "arn:aws:s3:::b",
    "arn:aws:s3:::bb",
    "arn:aws:s3:::long",
    "arn:aws:s3:eu-west-1:111111111111:accesspoint/p",
];
const QUEUES: [&str; 6] = [
    "arn:aws:sqs:eu-west-1:111111111111:one",
    "arn:aws:sqs:eu-west-1:111111111111:two",
    "arn:aws:sqs:eu-west-1:111111111111:three",
    "arn:aws:sqs:us-east-1:111111111111:one",
    "arn:aws:sqs:us-east-1:111111111111:two",
    "arn:aws:sqs:us-east-1:111111111111:three",
];

const ACTION_PATTERNS: [&str; 11] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:*Object",
    "s3:List*",
    "sqs:*",
    "sqs:SendMessage",
    "sqs:Delete?ueue",
    "ec2:Describe*",
    "s3:PutObject",
];

const RESOURCE_PATTERNS: [&str; 11] = [
    "*",
    "*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::b*",
    "arn:aws:s3:::?/x",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a/x",
    "arn:aws:sqs:*:111111111111:one",
    "arn:aws:sqs:eu-west-1:*:*",
    "arn:aws:sqs:*:*:*",
];

/// Resources that are others for everybody.
const OWN_PATTERNS: [&str; 15] = [
    "*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::b*",
    "arn:aws:s3:::?/x",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a/x",
    "arn:aws:sqs:*:111111111111:one",
    "arn:aws:sqs:eu-west-1:*:*",
    "arn:aws:sqs:*:*:*",
    "arn:aws:s3:::${aws:PrincipalTag/home}/*",
    "arn:aws:s3:::${aws:PrincipalTag/home}",
    "arn:aws:s3:::a/${aws:PrincipalTag/home, 'x'}",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:sqs:*:${aws:PrincipalAccount}:two",
];

const OF_BUCKET: [&str; 3] = ["arn:aws:s3:::a/*", "arn:aws:s3:::a", "arn:aws:s3:::a/x"];

/// What a statement may ask of who makes the request: operator, key, value.
const REQUESTERS: [(&str, &str, &str); 17] = [
    ("StringEquals", "aws:username", "ann"),
    ("StringNotEquals", "aws:username", "ann"),
    ("StringLike", "aws:username", "*n"),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app"),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111111111111:user/*"),
    ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111111111111:role/app"),
    ("StringNotLike", "aws:PrincipalArn", "*:user/ben"),
    ("StringEquals", "aws:PrincipalType", "User"),
    ("StringEquals", "aws:PrincipalTag/team", "core"),
    ("StringNotEquals", "aws:PrincipalTag/team", "core"),
    ("StringEqualsIfExists", "aws:PrincipalTag/team", "ops"),
    ("Null", "aws:username", "true"),
    ("StringNotEquals", "aws:PrincipalAccount", "222222222222"),
    ("Null", "aws:SourceArn", "true"),
    ("StringEquals", "aws:SourceAccount", "111111111111"),
    ("StringNotEquals", "aws:SourceAccount", "111111111111"),
    ("ArnLikeIfExists", "lambda:SourceFunctionArn", "arn:aws:lambda:*:*:function:f"),
];

/// Whom the policy of the bucket may name.
const PARTIES: [&str; 4] = ["*", ACCOUNT, "arn:aws:iam::111111111111:user/ann", "arn:aws:iam::111111111111:role/app"];

#[derive(Clone, Debug)]
struct Statement {
    allows: bool,
    not_action: bool,
    actions: Vec<&'static str>,
    not_resource: bool,
    resources: Vec<&'static str>,
    /// What `aws:SecureTransport` must be.
    secure: Option<bool>,
    /// What it asks of who makes the request.
    by: Option<(&'static str, &'static str, &'static str)>,
    /// In the policy of a resource.
    party: Option<&'static str>,
}

type Policy = Vec<Statement>;

/// What is attached to a user, group or role.
#[derive(Clone, Debug)]
struct Holder {
    inline: Option<Policy>,
    attached: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Estate {
    managed: Vec<Policy>,
    /// `ann`, `ben`, `red`, `blue`, `app`.
    holders: Vec<Holder>,
    /// The groups of the users.
    memberships: [[bool; 2]; 2],
    /// Of the users and the role.
    boundaries: [Option<usize>; 3],
    control: Option<Policy>,
    bucket: Option<Policy>,
}

/// `by` says whether it may ask who makes the request.
fn statement(
    allows: impl Strategy<Value = bool>,
    resources: &'static [&'static str],
    by: bool,
) -> impl Strategy<Value = Statement> {
    let secure = prop_oneof![6 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    let actions = prop::collection::vec(prop::sample::select(&ACTION_PATTERNS[..]), 1..3);
    let some = prop::collection::vec(prop::sample::select(resources), 1..3);
    let negated = || prop::bool::weighted(0.15);
    let by_who = prop::option::weighted(0.3, prop::sample::select(&REQUESTERS[..]));
    let by = by_who.prop_map(move |test| test.filter(|_| by));
    (allows, negated(), actions, negated(), some, secure, by).prop_map(
        |(allows, not_action, actions, not_resource, resources, secure, by)| Statement {
            allows,
            not_action,
            actions,
            not_resource,
            resources,
            // Two denials that leave nothing together, one with the test and one with its contrary, are told as a condition.
            secure: secure.filter(|secure| allows || *secure),
            by,
            party: None,
        },
    )
}

fn patterns(by: bool) -> &'static [&'static str] {
    if by { &OWN_PATTERNS } else { &RESOURCE_PATTERNS }
}

fn policy(by: bool) -> impl Strategy<Value = Policy> {
    prop::collection::vec(statement(prop::bool::weighted(0.75), patterns(by), by), 1..4)
}

fn bucket(by: bool) -> impl Strategy<Value = Policy> {
    let named = (statement(prop::bool::weighted(0.6), &OF_BUCKET, by), prop::sample::select(&PARTIES[..]));
    // What a bucket's policy names is its own.
    let one = named.prop_map(|(statement, party)| Statement { not_resource: false, party: Some(party), ..statement });
    prop::collection::vec(one, 1..3)
}

fn estate() -> impl Strategy<Value = Estate> {
    // Of a group it is not known who makes the request: half of the estates do not ask.
    any::<bool>().prop_flat_map(estate_that_asks)
}

fn estate_that_asks(by: bool) -> impl Strategy<Value = Estate> {
    let holder = (prop::option::weighted(0.5, policy(by)), prop::collection::vec(0..3_usize, 0..2));
    let holder = holder.prop_map(|(inline, mut attached)| {
        attached.dedup();
        Holder { inline, attached }
    });
    let control = prop::collection::vec(statement(Just(false), patterns(by), by), 1..3);
    (
        prop::collection::vec(policy(by), 3),
        prop::collection::vec(holder, 5),
        any::<[[bool; 2]; 2]>(),
        prop::array::uniform3(prop::option::weighted(0.3, 0..3_usize)),
        prop::option::weighted(0.3, control),
        prop::option::weighted(0.4, bucket(by)),
    )
        .prop_map(|(managed, holders, memberships, boundaries, control, bucket)| Estate {
            managed,
            holders,
            memberships,
            boundaries,
            control,
            bucket,
        })
}

impl Statement {
    fn written(&self) -> Value {
        let mut statement = json!({ "Effect": if self.allows { "Allow" } else { "Deny" } });
        statement[if self.not_action { "NotAction" } else { "Action" }] = json!(self.actions);
        statement[if self.not_resource { "NotResource" } else { "Resource" }] = json!(self.resources);
        if let Some(secure) = self.secure {
            statement["Condition"] = json!({ "Bool": { "aws:SecureTransport": secure.to_string() } });
        }
        if let Some((operator, key, value)) = self.by {
            statement["Condition"][operator][key] = json!(value);
        }
        if let Some(party) = self.party {
            statement["Principal"] = if party == "*" { json!("*") } else { json!({ "AWS": party }) };
        }
        statement
    }

    fn matches(&self, principal: usize, request: &Request) -> bool {
        let action = request.action.to_lowercase();
        let named = self.actions.iter().any(|pattern| fits(&pattern.to_lowercase(), &action));
        let own = self.resources.iter().filter_map(|pattern| filled(pattern, principal));
        let reached = own.into_iter().any(|pattern| fits(&pattern, request.resource));
        named != self.not_action
            && reached != self.not_resource
            && self.secure.is_none_or(|secure| secure == request.secure)
            && self.by.is_none_or(|by| is_asked_by(by, principal))
    }
}

/// Whether a test holds for the requests of a principal.
fn is_asked_by((operator, key, value): (&str, &str, &str), principal: usize) -> bool {
    match (operator, carried(key, principal)) {
        ("Null", carried) => (value == "true") == carried.is_none(),
        (operator, None) => operator.contains("Not") || operator.ends_with("IfExists"),
        (operator, Some(carried)) => {
            let same = if operator.contains("Like") { fits(value, &carried) } else { value == carried };
            same != operator.contains("Not")
        }
    }
}

/// What the requests of a principal carry for a key.
fn carried(key: &str, principal: usize) -> Option<String> {
    let (kind, name) = (KINDS[principal], NAMES[principal]);
    match key {
        "aws:username" => (kind == "user").then(|| name.to_owned()),
        "aws:PrincipalArn" => Some(format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")),
        "aws:PrincipalType" => Some(if kind == "user" { "User" } else { "AssumedRole" }.to_owned()),
        "aws:PrincipalAccount" => Some(ACCOUNT.to_owned()),
        "aws:PrincipalTag/team" => TEAMS[principal].map(str::to_owned),
        "aws:PrincipalTag/home" => HOMES[principal].map(str::to_owned),
        // Services call so, and no function has the credentials of anybody here.
        "aws:SourceArn" | "aws:SourceAccount" | "lambda:SourceFunctionArn" => None,
        other => panic!("{other}"),
    }
}

/// A pattern with what is carried for its variable; none where nothing is.
fn filled(pattern: &str, principal: usize) -> Option<String> {
    let Some((before, rest)) = pattern.split_once("${") else { return Some(pattern.to_owned()) };
    let (variable, after) = rest.split_once('}').unwrap();
    let (key, default) = match variable.split_once(", ") {
        Some((key, default)) => (key, Some(default.trim_matches('\'').to_owned())),
        None => (variable, None),
    };
    Some(format!("{before}{}{after}", carried(key, principal).or(default)?))
}

/// Whether a text matches a pattern.
fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => fits(&pattern[1..], text) || (!text.is_empty() && fits(pattern, &text[1..])),
        (Some('?'), Some(_)) => fits(&pattern[1..], &text[1..]),
        (Some(one), Some(other)) if one == other => fits(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn written(policy: &Policy) -> Value {
    let statements: Vec<Value> = policy.iter().map(Statement::written).collect();
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    json!(text.replace("${", "$${"))
}

const NAMES: [&str; 5] = ["ann", "ben", "red", "blue", "app"];
const KINDS: [&str; 5] = ["user", "user", "group", "group", "role"];
const TEAMS: [Option<&str>; 5] = [Some("core"), None, None, None, Some("ops")];
const HOMES: [Option<&str>; 5] = [Some("a"), None, None, None, Some("b")];

impl Estate {
    fn terraform(&self) -> String {
        let mut all = json!({});
        let mut add = |kind: String, name: String, body: Value| all[kind][name] = body;
        for (at, policy) in self.managed.iter().enumerate() {
            let body = json!({ "name": format!("p{at}"), "policy": written(policy) });
            add("aws_iam_policy".to_owned(), format!("p{at}"), body);
        }
        for (at, holder) in self.holders.iter().enumerate() {
            let (kind, name) = (KINDS[at], NAMES[at]);
            let mut body = json!({ "name": name });
            if let (Some(team), Some(home)) = (TEAMS[at], HOMES[at]) {
                body["tags"] = json!({ "team": team, "home": home });
            }
            if kind == "role" {
                let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "ec2.amazonaws.com" } });
                body["assume_role_policy"] =
                    json!(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string());
            }
            let boundary = match at {
                0 | 1 => self.boundaries[at],
                4 => self.boundaries[2],
                _ => None,
            };
            if let Some(boundary) = boundary {
                body["permissions_boundary"] = json!(format!("${{aws_iam_policy.p{boundary}.arn}}"));
            }
            add(format!("aws_iam_{kind}"), name.to_owned(), body);
            if let Some(inline) = &holder.inline {
                let body = json!({ "name": "inline", kind: name, "policy": written(inline) });
                add(format!("aws_iam_{kind}_policy"), name.to_owned(), body);
            }
            for attached in &holder.attached {
                let body = json!({ kind: name, "policy_arn": format!("${{aws_iam_policy.p{attached}.arn}}") });
                add(format!("aws_iam_{kind}_policy_attachment"), format!("{name}{attached}"), body);
            }
        }
        for (user, groups) in self.memberships.iter().enumerate() {
            let groups: Vec<&str> = (0..2).filter(|at| groups[*at]).map(|at| NAMES[2 + at]).collect();
            if !groups.is_empty() {
                let body = json!({ "user": NAMES[user], "groups": groups });
                add("aws_iam_user_group_membership".to_owned(), NAMES[user].to_owned(), body);
            }
        }
        if let Some(control) = &self.control {
            let body = json!({ "name": "control", "type": "SERVICE_CONTROL_POLICY", "content": written(control) });
            add("aws_organizations_policy".to_owned(), "control".to_owned(), body);
            let body = json!({ "policy_id": "${aws_organizations_policy.control.id}", "target_id": "r-abcd" });
            add("aws_organizations_policy_attachment".to_owned(), "control".to_owned(), body);
        }
        if let Some(bucket) = &self.bucket {
            add("aws_s3_bucket_policy".to_owned(), "a".to_owned(), json!({ "bucket": "a", "policy": written(bucket) }));
        }
        json!({ "resource": all }).to_string()
    }

    /// The same as far as these few actions go, which it names one by one, without what stands on a resource: then the
    /// table by level counts no others.
    fn of_few_actions(&self) -> Estate {
        let mut estate = self.clone();
        estate.bucket = None;
        let inline = estate.holders.iter_mut().filter_map(|holder| holder.inline.as_mut());
        for policy in estate.managed.iter_mut().chain(inline).chain(&mut estate.control) {
            for statement in policy.iter_mut() {
                let names = |action: &&str| {
                    let lower = action.to_lowercase();
                    statement.actions.iter().any(|pattern| fits(&pattern.to_lowercase(), &lower))
                };
                let named: Vec<&'static str> =
                    ACTIONS.into_iter().filter(|action| names(action) != statement.not_action).collect();
                (statement.actions, statement.not_action) = (named, false);
            }
            policy.retain(|statement| !statement.actions.is_empty());
        }
        estate
    }

    /// The statements of all that a principal holds.
    fn identity(&self, principal: usize) -> Vec<&Statement> {
        let mut holders = vec![principal];
        if let Some(groups) = self.memberships.get(principal) {
            holders.extend((0..2).filter(|at| groups[*at]).map(|at| 2 + at));
        }
        let policies = holders.into_iter().flat_map(|at| {
            let holder = &self.holders[at];
            holder.inline.iter().chain(holder.attached.iter().map(|policy| &self.managed[*policy]))
        });
        policies.flatten().collect()
    }

    /// Whether some statement asks who makes the request: of a group that is not known.
    fn asks_who(&self) -> bool {
        let inline = self.holders.iter().filter_map(|holder| holder.inline.as_ref());
        let all = self.managed.iter().chain(inline).chain(&self.control).chain(&self.bucket);
        let asks = |one: &Statement| one.by.is_some() || one.resources.iter().any(|pattern| pattern.contains("${"));
        all.flatten().any(asks)
    }

    /// The decision of section 7.1 for a request in the own account.
    fn allows(&self, principal: usize, request: &Request) -> bool {
        let boundary = match principal {
            0 | 1 => self.boundaries[principal],
            4 => self.boundaries[2],
            _ => None,
        };
        let boundary: Option<&Policy> = boundary.map(|at| &self.managed[at]);
        let identity = self.identity(principal);
        // A group is no principal: what is denied to all of the account is denied to its members.
        let is_group = KINDS[principal] == "group";
        let of_bucket = self.bucket.iter().flatten().filter(|one| !is_group || !one.allows);
        let on_bucket = request.resource == "arn:aws:s3:::a" || request.resource.starts_with("arn:aws:s3:::a/");
        let of_bucket: Vec<&Statement> =
            of_bucket.filter(|_| on_bucket).filter(|one| one.matches(principal, request)).collect();
        let own_arn = format!("arn:aws:iam::{ACCOUNT}:{}/{}", KINDS[principal], NAMES[principal]);
        let names = |statement: &&&Statement| {
            let party = statement.party.unwrap();
            party == "*" || party == ACCOUNT || party == own_arn
        };
        let denied = identity
            .iter()
            .copied()
            .chain(boundary.into_iter().flatten())
            .chain(self.control.iter().flatten())
            .any(|statement| !statement.allows && statement.matches(principal, request));
        if denied || of_bucket.iter().filter(names).any(|statement| !statement.allows) {
            return false;
        }
        let within =
            boundary.is_none_or(|policy| policy.iter().any(|one| one.allows && one.matches(principal, request)));
        if within && identity.iter().any(|statement| statement.allows && statement.matches(principal, request)) {
            return true;
        }
        of_bucket.iter().filter(|statement| statement.allows).any(|statement| match statement.party.unwrap() {
            // An account is delegation only: the identity's policies have had their say.
            ACCOUNT => false,
            // Boundaries limit roles, and not users, nor who is named by a condition.
            "*" => {
                let names = |by: (&str, &str, &str)| by.1 == "aws:PrincipalArn" && !by.0.contains("Not");
                KINDS[principal] == "user" || within || statement.by.is_some_and(names)
            }
            party => party == own_arn && (KINDS[principal] == "user" || within),
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Request {
    action: &'static str,
    resource: &'static str,
    secure: bool,
}

fn resources_of(action: &str) -> &'static [&'static str] {
    match action {
        "s3:GetObject" | "s3:PutObject" => &OBJECTS,
        "s3:ListBucket" => &BUCKETS,
        "ec2:DescribeInstances" => &["*"],
        _ => &QUEUES,
    }
}

fn agree(estate: &Estate) -> Result<(), TestCaseError> {
    let text = estate.terraform();
    let model = model_of("main.tf.json", &text);
    prop_assert!(model.diagnostics.is_empty(), "{:?}", model.diagnostics);
    let own = [ACCOUNT.to_owned()];
    let identity = Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &own);
    let access: Access<'_, '_> = identity.access();
    let asks_who = estate.asks_who();
    for (principal, name) in NAMES.iter().enumerate().filter(|(at, _)| !asks_who || KINDS[*at] != "group") {
        let [index] = access.named(name)[..] else { return Err(TestCaseError::fail("not one")) };
        for action in ACTIONS {
            let mut anywhere = false;
            for resource in resources_of(action) {
                let requests = [true, false].map(|secure| Request { action, resource, secure });
                let allowed = requests.map(|request| estate.allows(principal, &request));
                let any = allowed.contains(&true);
                anywhere |= any;
                let decision = access.may(index, action, Some(resource));
                let about = || format!("{name} {action} {resource}: {allowed:?}, told {decision:?}\n{text}");
                prop_assert_eq!(decision.answer, Truth::from(any), "{}", about());
                // What is told without a condition is allowed in every request.
                prop_assert!(decision.conditional || !any || allowed == [true, true], "{}", about());
            }
            let decision = access.may(index, action, None);
            let about = || format!("{name} {action} anywhere: {anywhere}, told {decision:?}\n{text}");
            prop_assert_eq!(decision.answer, Truth::from(anywhere), "{}", about());
        }
    }
    Ok(())
}

/// The levels of the actions.
const LEVELS: [&str; 6] = ["Read", "Write", "List", "Write", "Write", "List"];

/// The tables by level count what is left on some resource at least.
fn count(estate: &Estate) -> Result<(), TestCaseError> {
    let estate = estate.of_few_actions();
    let text = estate.terraform();
    let model = model_of("main.tf.json", &text);
    let own = [ACCOUNT.to_owned()];
    let identity = Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &own);
    let access: Access<'_, '_> = identity.access();
    let asks_who = estate.asks_who();
    for (principal, name) in NAMES.iter().enumerate().filter(|(at, _)| !asks_who || KINDS[*at] != "group") {
        let [index] = access.named(name)[..] else { return Err(TestCaseError::fail("not one")) };
        let may = |action: &'static str| {
            let requests = resources_of(action)
                .iter()
                .flat_map(|resource| [true, false].map(|secure| Request { action, resource, secure }));
            requests.into_iter().any(|request| estate.allows(principal, &request))
        };
        let allowed: Vec<usize> = (0..ACTIONS.len()).filter(|at| may(ACTIONS[*at])).collect();
        let mut expected = std::collections::BTreeMap::new();
        for at in &allowed {
            *expected.entry(LEVELS[*at]).or_insert(0) += 1;
        }
        let levels = access.levels(index);
        let about = || format!("{name}: expected {expected:?}, told {levels:?}\n{text}");
        let told: std::collections::BTreeMap<&str, usize> =
            levels.iter().map(|level| (level.level.name(), level.actions)).collect();
        prop_assert_eq!(&told, &expected, "{}", about());
        prop_assert!(levels.iter().all(|level| level.possible == 0), "{}", about());
    }
    Ok(())
}

/// As many cases as `PROPTEST_CASES` says, else these few.
fn cases(few: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few);
    ProptestConfig { cases, max_shrink_iters: 2_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn every_request_is_decided_as_by_hand(estate in estate()) {
        agree(&estate)?;
    }

    #[test]
    fn levels_count_what_is_left(estate in estate()) {
        count(&estate)?;
    }
}

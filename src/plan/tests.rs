//! Whole plans, small ones.

use super::read;
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Change, Mode, Resource, Unit};
use crate::source::{Origin, SourceFile, Sources};
use crate::value::{Data, Reference, Value, Why, decode_json};

fn plan(text: &str) -> (Option<Unit>, Vec<Diagnostic>) {
    let sources = Sources::default();
    let file = sources.add("plan.json", text.to_owned());
    read(file, text, "plan.json")
}

fn unit(text: &str) -> Unit {
    let (unit, diagnostics) = plan(text);
    assert_eq!(diagnostics, []);
    unit.unwrap()
}

fn at(text: &str, origin: Origin) -> String {
    SourceFile::new(String::new(), text.to_owned()).slice(origin.span).to_owned()
}

fn find<'u>(unit: &'u Unit, address: &str) -> &'u Resource {
    unit.resources.iter().find(|resource| &*resource.address == address).unwrap()
}

fn refers(value: &Value) -> String {
    match value.as_unknown().unwrap().refers.as_ref() {
        Some(Reference { address, provider_type, attribute }) => format!("{address} {provider_type} {attribute}"),
        None => "-".to_owned(),
    }
}

/// A change of `resource_changes`, created from these attributes.
fn change(address: &str, after: &str, unknown: &str) -> String {
    let inner = address.rsplit("module.").next().unwrap();
    let inner = if inner.len() < address.len() { inner.split_once('.').unwrap().1 } else { inner };
    let data = inner.starts_with("data.");
    let provider_type = inner.trim_start_matches("data.").split('.').next().unwrap();
    let mode = if data { "data" } else { "managed" };
    let address = serde_json::to_string(address).unwrap();
    format!(
        r#"{{"address":{address},"mode":"{mode}","type":"{provider_type}","change":{{"actions":["create"],"before":null,"after":{after},"after_unknown":{unknown}}}}}"#
    )
}

fn with(changes: &[String], configuration: &str) -> String {
    format!(
        r#"{{"format_version":"1.2","resource_changes":[{}],"configuration":{{"root_module":{configuration}}}}}"#,
        changes.join(",")
    )
}

#[test]
fn values_have_their_places_also_after_a_byte_order_mark() {
    let text = "\u{FEFF}{\"format_version\":\"1.2\",\n\"resource_changes\":[\n {\"address\":\"aws_iam_user.é[\\\"a\\\"]\",\"mode\":\"managed\",\"type\":\"aws_iam_user\",\
        \"change\":{\"actions\":[\"create\"],\"after\":{\"name\":\"bob\",\"tags\":{\"n\":[12]}},\"after_unknown\":{\"arn\":true}}}]}";
    let unit = unit(text);
    let user = &unit.resources[0];
    assert_eq!(&*user.address, "aws_iam_user.é[\"a\"]");
    assert_eq!(at(text, user.origin), "\"aws_iam_user.é[\\\"a\\\"]\"");
    assert!(at(text, user.extent).starts_with("{\"address\"") && at(text, user.extent).ends_with("true}}}"));
    assert_eq!(at(text, user.attributes.get("name").unwrap().origin), "\"bob\"");
    let number = &user.attributes.get("tags").unwrap().get("n").unwrap().elements()[0];
    assert_eq!(at(text, number.origin), "12");
    let arn = user.attributes.get("arn").unwrap();
    assert_eq!(arn.origin, user.origin);
    assert_eq!(arn.as_unknown().unwrap().why, Why::AfterApply);
    assert_eq!(&*arn.as_unknown().unwrap().subject, "aws_iam_user.é[\"a\"].arn");
    assert_eq!(refers(arn), "aws_iam_user.é[\"a\"] aws_iam_user arn");
}

#[test]
fn policies_in_strings_keep_their_places() {
    let policy = r#"{"policy":"{\"Statement\":[{\"Action\":\"s3:*\"}]}"}"#;
    let text = with(&[change("aws_iam_policy.a", policy, "{}")], "{}");
    let sources = Sources::default();
    let file = sources.add("plan.json", text.clone());
    let unit = read(file, &text, "plan.json").0.unwrap();
    let decoded = decode_json(unit.resources[0].attributes.get("policy").unwrap(), &sources).unwrap();
    let action = decoded.get("Statement").unwrap().elements()[0].get("Action").unwrap();
    assert!(at(&text, action.origin).contains("s3:*") && action.origin.span.end - action.origin.span.start < 10);
}

#[test]
fn what_is_unknown_or_sensitive_is_laid_over_nested_values() {
    let after = r#"{"list":["a",null],"block":[{"a":1,"secret":{"x":"y"}}],"text":"t","old":{"x":1}}"#;
    let unknown = r#"{"list":[false,true,true],"block":[{"id":true}],"text":{"a":true},"old":true,"deep":{"a":[true]},"none":[false],"tags":{}}"#;
    let sensitive = r#","after_sensitive":{"block":[{"secret":true}],"list":[true]}}"#;
    let mut entry = change("aws_x.y", after, unknown);
    entry.truncate(entry.len() - 2);
    let unit = unit(&with(&[format!("{entry}{sensitive}}}")], "{}"));
    let attributes = &unit.resources[0].attributes;
    let list = attributes.get("list").unwrap();
    assert_eq!(list.elements().len(), 3);
    assert!(list.elements()[0].sensitive && list.elements()[0].as_str() == Some("a"));
    assert_eq!(&*list.elements()[1].as_unknown().unwrap().subject, "aws_x.y.list[1]");
    assert!(list.elements()[2].as_unknown().is_some());
    let block = &attributes.get("block").unwrap().elements()[0];
    assert_eq!(&*block.get("id").unwrap().as_unknown().unwrap().subject, "aws_x.y.block[0].id");
    assert_eq!(refers(block.get("id").unwrap()), "-");
    let secret = block.get("secret").unwrap();
    assert!(secret.sensitive && secret.get("x").unwrap().sensitive && !block.get("a").unwrap().sensitive);
    assert_eq!(refers(attributes.get("old").unwrap()), "aws_x.y aws_x old");
    assert!(attributes.get("text").unwrap().as_unknown().is_some());
    assert!(attributes.get("deep").unwrap().as_unknown().is_some());
    assert!(attributes.get("none").is_none() && attributes.get("tags").is_none());
}

#[test]
fn actions_become_changes() {
    let entry = |name: &str, actions: &str, before: &str, after: &str| {
        format!(
            r#"{{"address":"aws_x.{name}","mode":"managed","type":"aws_x","change":{{"actions":{actions},"before":{before},"after":{after},"before_sensitive":{{"v":true}}}}}}"#
        )
    };
    let (old, new) = (r#"{"v":"old"}"#, r#"{"v":"new"}"#);
    let unit = unit(&with(
        &[
            entry("no", r#"["no-op"]"#, old, old),
            entry("up", r#"["update"]"#, old, new),
            entry("re", r#"["create","delete"]"#, old, new),
            entry("de", r#"["delete"]"#, old, "null"),
            entry("fo", r#"["forget"]"#, old, "null"),
            entry("rf", r#"["create","forget"]"#, old, new),
        ],
        "{}",
    ));
    let order: Vec<_> = unit.resources.iter().map(|resource| &*resource.address).collect();
    assert_eq!(order, ["aws_x.no", "aws_x.up", "aws_x.re", "aws_x.de", "aws_x.fo", "aws_x.rf"]);
    assert!(matches!(find(&unit, "aws_x.no").change, Change::None));
    for name in ["aws_x.up", "aws_x.re", "aws_x.rf"] {
        let resource = find(&unit, name);
        assert_eq!(resource.attributes.get("v").unwrap().as_str(), Some("new"));
        let Change::Update(before) = &resource.change else { panic!("{name}") };
        assert!(before.get("v").unwrap().as_str() == Some("old") && before.get("v").unwrap().sensitive);
    }
    for name in ["aws_x.de", "aws_x.fo"] {
        assert!(matches!(find(&unit, name).change, Change::Delete));
        assert_eq!(find(&unit, name).attributes.get("v").unwrap().as_str(), Some("old"));
    }
}

const MODULES: &str = r#"{
  "resources":[
    {"address":"aws_iam_user.a","expressions":{}},
    {"address":"aws_iam_policy.p","expressions":{"policy":{"references":["data.aws_iam_policy_document.d.json","data.aws_iam_policy_document.d"]}}},
    {"address":"aws_iam_user_policy_attachment.top","expressions":{
      "user":{"references":["aws_iam_user.a.name","aws_iam_user.a"]},
      "policy_arn":{"references":["module.m[\"k\"].arn","module.m[\"k\"]","module.m"]}}},
    {"address":"aws_iam_group_membership.g","expressions":{
      "users":{"references":["aws_iam_user.a.name","aws_iam_user.a","aws_iam_user.b.name","aws_iam_user.b"]},
      "name":{"references":["aws_iam_user.a.name","aws_iam_user.a"]}}},
    {"address":"aws_s3_bucket_policy.s","expressions":{
      "bucket":{"references":["aws_s3_bucket_versioning.v.bucket","aws_s3_bucket_versioning.v"]},
      "policy":{"references":["aws_s3_bucket.b.arn","aws_s3_bucket.b"]}}},
    {"address":"aws_s3_bucket_versioning.v","expressions":{"bucket":{"references":["aws_s3_bucket.b.id","aws_s3_bucket.b"]}}},
    {"address":"aws_eip.e","expressions":{
      "instance":{"references":["aws_instance.i","count.index"]},
      "other":{"references":["aws_instance.i"]},
      "choice":{"references":["local.f","aws_instance.gone[0].id","aws_instance.gone[0]","aws_instance.gone","aws_instance.i[0].id","aws_instance.i[0]","aws_instance.i"]},
      "two":{"references":["aws_instance.i[0].id","aws_instance.i[0]","aws_instance.i","local.x"]}}}],
  "module_calls":{"m":{"expressions":{"user":{"references":["aws_iam_user.a.arn","aws_iam_user.a"]},"flag":{"references":["local.f"]}},
    "module":{
      "variables":{"flag":{"default":true},"user":{}},
      "outputs":{"arn":{"expression":{"references":["var.flag","aws_iam_policy.q[0].arn","aws_iam_policy.q[0]","aws_iam_policy.q"]}}},
      "resources":[{"address":"aws_iam_role.r","expressions":{"peer":{"references":["var.user"]},"loop":{"references":["var.loop"]},
        "block":[{"inner":{"references":["aws_iam_policy.q[0].id","aws_iam_policy.q[0]","aws_iam_policy.q"]}}]}}]}}},
  "outputs":{"who":{"expression":{"references":["aws_iam_user.a.arn","aws_iam_user.a"]}}}
}"#;

#[test]
fn unknown_attributes_refer_to_what_the_configuration_says() {
    let role = r#"module.m["k"].aws_iam_role.r"#;
    let unit = unit(&with(
        &[
            change("aws_iam_user.a", "{}", r#"{"arn":true}"#),
            change("aws_iam_user.b", "{}", r#"{"arn":true}"#),
            change("aws_iam_policy.p", "{}", r#"{"policy":true}"#),
            change("data.aws_iam_policy_document.d", "{}", r#"{"json":true}"#),
            change("aws_iam_user_policy_attachment.top", "{}", r#"{"user":true,"policy_arn":true,"id":true}"#),
            change("aws_iam_group_membership.g", r#"{"users":[null,null]}"#, r#"{"users":[true,true],"name":true}"#),
            change("aws_s3_bucket.b", "{}", r#"{"id":true}"#),
            change("aws_s3_bucket_versioning.v", "{}", r#"{"bucket":true}"#),
            change("aws_s3_bucket_policy.s", "{}", r#"{"bucket":true,"policy":true}"#),
            change("aws_instance.i[0]", "{}", r#"{"id":true}"#),
            change("aws_instance.i[1]", "{}", r#"{"id":true}"#),
            change("aws_eip.e[1]", "{}", r#"{"instance":true,"other":true,"two":true,"choice":true}"#),
            change("aws_eip.e[2]", "{}", r#"{"instance":true}"#),
            change(r#"module.m["k"].aws_iam_policy.q[0]"#, "{}", r#"{"arn":true}"#),
            change(role, r#"{"block":[{}]}"#, r#"{"peer":true,"loop":true,"block":[{"inner":true}]}"#),
        ],
        MODULES,
    ));
    let of = |address: &str, attribute: &str| refers(find(&unit, address).attributes.get(attribute).unwrap());
    let top = "aws_iam_user_policy_attachment.top";
    assert_eq!(of(top, "user"), "aws_iam_user.a aws_iam_user name");
    assert_eq!(of(top, "policy_arn"), r#"module.m["k"].aws_iam_policy.q[0] aws_iam_policy arn"#);
    assert_eq!(of(top, "id"), format!("{top} aws_iam_user_policy_attachment id"));
    assert_eq!(of("aws_iam_policy.p", "policy"), "data.aws_iam_policy_document.d aws_iam_policy_document json");
    let users = find(&unit, "aws_iam_group_membership.g").attributes.get("users").unwrap();
    assert_eq!(refers(&users.elements()[0]), "aws_iam_user.a aws_iam_user name");
    assert_eq!(refers(&users.elements()[1]), "aws_iam_user.b aws_iam_user name");
    assert_eq!(of("aws_iam_group_membership.g", "name"), "-");
    assert_eq!(of("aws_s3_bucket_policy.s", "bucket"), "aws_s3_bucket.b aws_s3_bucket id");
    assert_eq!(of("aws_s3_bucket_policy.s", "policy"), "-");
    assert_eq!(of("aws_eip.e[1]", "instance"), "aws_instance.i[1] aws_instance id");
    assert_eq!(of("aws_eip.e[1]", "other"), "-");
    assert_eq!(of("aws_eip.e[1]", "choice"), "aws_instance.i[0] aws_instance id");
    assert_eq!(of("aws_eip.e[1]", "two"), "-");
    assert_eq!(of("aws_eip.e[2]", "instance"), "-");
    assert_eq!(of(role, "peer"), "aws_iam_user.a aws_iam_user arn");
    assert_eq!(of(role, "loop"), "-");
    let inner = find(&unit, role).attributes.get("block").unwrap().elements()[0].get("inner").unwrap();
    assert_eq!(refers(inner), r#"module.m["k"].aws_iam_policy.q[0] aws_iam_policy id"#);
    let steps: Vec<_> = find(&unit, role).chain.iter().map(|step| &*step.name).collect();
    assert_eq!(steps, [r#"module.m["k"]"#]);
    assert_eq!(find(&unit, "data.aws_iam_policy_document.d").mode, Mode::Data);
}

#[test]
fn references_in_circles_come_to_an_end() {
    let configuration = r#"{"resources":[
        {"address":"aws_x.a","expressions":{"v":{"references":["aws_x.b.v","aws_x.b"]}}},
        {"address":"aws_x.b","expressions":{"v":{"references":["aws_x.a.v","aws_x.a"]}}}]}"#;
    let changes = [change("aws_x.a", "{}", r#"{"v":true}"#), change("aws_x.b", "{}", r#"{"v":true}"#)];
    let unit = unit(&with(&changes, configuration));
    assert!(refers(unit.resources[0].attributes.get("v").unwrap()).starts_with("aws_x."));
}

#[test]
fn outputs_are_resources() {
    let text = format!(
        r#"{{"format_version":"1.2","planned_values":{{"outputs":{{"who":{{"sensitive":false}},"key":{{"sensitive":true,"value":"k"}}}}}},
        "resource_changes":[{}],
        "output_changes":{{"who":{{"actions":["create"],"before":null,"after_unknown":true,"after_sensitive":false}},
          "key":{{"actions":["update"],"before":"j","after":"k","after_unknown":false,"before_sensitive":true,"after_sensitive":true}}}},
        "configuration":{{"root_module":{MODULES}}}}}"#,
        change("aws_iam_user.a", "{}", r#"{"arn":true}"#)
    );
    let unit = unit(&text);
    let who = find(&unit, "output.who");
    assert_eq!((&*who.provider_type, who.mode), (Resource::OUTPUT, Mode::Output));
    assert_eq!(refers(who.attributes.get("value").unwrap()), "aws_iam_user.a aws_iam_user arn");
    assert_eq!(at(&text, who.origin), "\"who\"");
    let key = find(&unit, "output.key");
    let value = key.attributes.get("value").unwrap();
    assert!(value.sensitive && at(&text, value.origin) == "\"k\"");
    assert_eq!(key.attributes.get("sensitive").unwrap().as_bool(), Some(true));
    assert!(matches!(&key.change, Change::Update(before) if before.get("value").is_some_and(|value| value.sensitive)));
}

#[test]
fn without_changes_the_planned_values_are_taken() {
    let text = format!(
        r#"{{"format_version":"0.2","planned_values":{{"outputs":{{"who":{{"sensitive":false}}}},"root_module":{{
        "resources":[{{"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","values":{{"acl":"private"}}}},
          {{"address":"aws_s3_bucket_versioning.v","mode":"managed","type":"aws_s3_bucket_versioning","values":{{"l":[null],"s":"x"}},"sensitive_values":{{"s":true}}}},
          {{"address":"aws_iam_user.a","mode":"managed","type":"aws_iam_user","values":{{}}}}],
        "child_modules":[{{"address":"module.m","child_modules":[{{"address":"module.m.module.n","resources":[
          {{"address":"module.m.module.n.aws_x.y[0]","mode":"managed","type":"aws_x","values":null}}]}}]}}]}}}},
        "configuration":{{"root_module":{MODULES}}}}}"#
    );
    let unit = unit(&text);
    assert_eq!(unit.resources.len(), 5);
    let versioning = &find(&unit, "aws_s3_bucket_versioning.v").attributes;
    assert_eq!(refers(versioning.get("bucket").unwrap()), "aws_s3_bucket.b aws_s3_bucket id");
    assert!(
        versioning.get("l").unwrap().elements()[0].as_unknown().is_some() && versioning.get("s").unwrap().sensitive
    );
    assert!(versioning.as_map().unwrap().rest.is_some());
    let steps: Vec<_> =
        find(&unit, "module.m.module.n.aws_x.y[0]").chain.iter().map(|step| step.name.to_string()).collect();
    assert_eq!(steps, ["module.m", "module.n"]);
    assert_eq!(refers(find(&unit, "output.who").attributes.get("value").unwrap()), "aws_iam_user.a aws_iam_user arn");
}

#[test]
fn a_state_is_known_as_a_whole() {
    let unit = unit(
        r#"{"format_version":"1.0","terraform_version":"1.5.7","values":{"outputs":{"o":{"sensitive":false,"value":[1]}},"root_module":{
        "resources":[{"address":"aws_x.y","mode":"managed","type":"aws_x","values":{"a":[null]}}]}}}"#,
    );
    let attributes = &unit.resources[0].attributes;
    assert!(attributes.as_map().unwrap().rest.is_none() && attributes.get("a").unwrap().elements()[0].is_null());
    assert!(matches!(find(&unit, "output.o").attributes.get("value").unwrap().data, Data::List(_)));
}

#[test]
fn broken_plans_tell_where() {
    for (text, message, offset) in [
        ("{\"format_version\":\"1.2\",\n\"resource_changes\":[{\"a", "the plan breaks off before its end", 47),
        ("{\"format_version\":\"1.2\",\n\"x\" 1}", "the plan is not valid JSON", 29),
        ("\u{FEFF}{\"format_version\":\"1.2\",}", "the plan is not valid JSON", 27),
        ("[]", "the plan does not have the form that `terraform show -json` writes", 0),
    ] {
        let (unit, diagnostics) = plan(text);
        assert!(unit.is_none());
        let [found] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
        assert_eq!((found.code, found.message.as_str()), ("plan-syntax", message));
        assert!(found.labels[0].origin.span.start.abs_diff(offset) <= 1, "{text}: {:?}", found.labels);
        assert!(found.help.is_some());
    }
}

#[test]
fn one_broken_entry_does_not_hide_the_others() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let text = with(
        &[
            "12".to_owned(),
            change("aws_x.a", "{}", "{}"),
            "{\"address\":1}".to_owned(),
            change("aws_x.d", &deep, "{}"),
            change("aws_x.m", "{}", &deep),
        ],
        "{}",
    );
    let (unit, diagnostics) = plan(&text);
    assert_eq!(unit.unwrap().resources.len(), 1);
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["plan-entry", "plan-entry", "plan-syntax", "plan-syntax"]);
    assert_eq!(at(&text, diagnostics[0].labels[0].origin), "12");
}

#[test]
fn many_broken_entries_are_counted() {
    let (_, diagnostics) = plan(&with(&vec!["1".to_owned(); 300], "{}"));
    assert_eq!(diagnostics.len(), 101);
    assert!(diagnostics[100].message.starts_with("200 further"));
}

#[test]
fn doubts_about_the_whole_plan_are_warnings() {
    let (unit, diagnostics) = plan(
        r#"{"format_version":"2.0","errored":true,"resource_changes":[{"address":"aws_x.y","type":"aws_x","change":{"actions":["create"],"after_unknown":{"v":true}}}],"configuration":{"root_module":7}}"#,
    );
    assert_eq!(unit.unwrap().resources.len(), 1);
    let found: Vec<_> = diagnostics.iter().map(|diagnostic| (diagnostic.level, diagnostic.code)).collect();
    assert_eq!(
        found,
        [(Level::Warning, "plan-version"), (Level::Warning, "plan-incomplete"), (Level::Warning, "plan-configuration")]
    );
}

#[test]
fn old_plans_name_resources_without_the_attribute() {
    let configuration = r#"{"resources":[{"address":"aws_x.b","expressions":{
        "role_arn":{"references":["aws_iam_role.r"]},"role":{"references":["aws_iam_role.r"]},
        "domain_name":{"references":["aws_iam_role.r"]},"policy":{"references":["aws_iam_role.r"]}}}]}"#;
    let unknown = r#"{"role_arn":true,"role":true,"domain_name":true,"policy":true}"#;
    let changes = [change("aws_iam_role.r", "{}", r#"{"arn":true}"#), change("aws_x.b", "{}", unknown)];
    let unit = unit(&with(&changes, configuration).replace("\"1.2\"", "\"0.1\""));
    let of = |attribute: &str| refers(find(&unit, "aws_x.b").attributes.get(attribute).unwrap());
    assert_eq!(of("role_arn"), "aws_iam_role.r aws_iam_role arn");
    assert_eq!(of("role"), "aws_iam_role.r aws_iam_role id");
    assert_eq!(of("domain_name"), "-");
    assert_eq!(of("policy"), "-");
}

#[test]
fn resources_of_other_providers_are_in_other_accounts() {
    let names = ["a", "b", "c", "d", "e"];
    let keys = ["aws", "aws.region", "aws.role", "aws.open", "module.m:aws"];
    let changes: Vec<String> = names.iter().map(|name| change(&format!("aws_iam_user.{name}"), "{}", "{}")).collect();
    let resource = |(name, key): (&&str, &&str)| {
        format!(r#"{{"address":"aws_iam_user.{name}","provider_config_key":"{key}","expressions":{{}}}}"#)
    };
    let resources: Vec<String> = names.iter().zip(&keys).map(resource).collect();
    let text = format!(
        r#"{{"format_version":"1.2","resource_changes":[{}],"configuration":{{"provider_config":{{
            "aws":{{"name":"aws","expressions":{{"profile":{{"constant_value":"p"}},"allowed_account_ids":{{"constant_value":["111122223333"]}}}}}},
            "aws.region":{{"name":"aws","alias":"region","expressions":{{"profile":{{"constant_value":"p"}},"region":{{"constant_value":"us-east-1"}}}}}},
            "aws.role":{{"name":"aws","alias":"role","expressions":{{"assume_role":[{{"role_arn":{{"constant_value":"arn:aws:iam::444455556666:role/r"}}}}]}}}},
            "aws.open":{{"name":"aws","alias":"open","expressions":{{"profile":{{"references":["var.profile"]}}}}}}
        }},"root_module":{{"resources":[{}]}}}}}}"#,
        changes.join(","),
        resources.join(",")
    );
    let unit = unit(&text);
    let accounts: Vec<(String, String)> = unit
        .resources
        .iter()
        .filter_map(|resource| resource.account.as_ref())
        .map(|account| (account.provider.to_string(), account.id.as_deref().unwrap_or("?").to_owned()))
        .collect();
    let expected = [("aws.role", "444455556666"), ("aws.open", "?")];
    assert_eq!(accounts, expected.map(|(provider, id)| (provider.to_owned(), id.to_owned())));
    assert_eq!(unit.account.as_deref(), Some("111122223333"));
    assert_eq!(unit.own_accounts, ["111122223333", "444455556666"]);
}

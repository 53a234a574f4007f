//! The version, and the day of what is known of AWS.

use crate::harness::{Project, user};

#[test]
fn the_version_tells_the_day_of_the_catalogue_where_asked() {
    let project = Project::of(&[]);
    let plain = project.run(&["--version"]);
    assert_eq!((plain.status, plain.out.as_str()), (0, concat!("iacscan ", env!("CARGO_PKG_VERSION"), "\n")));
    assert_eq!(project.run(&["-V"]).out, plain.out);
    let date = iacscan::iam::catalogue::date();
    let verbose = project.run(&["--version", "--verbose"]);
    verbose.says(0, &[&plain.out, &format!("AWS as of {date}: "), " actions, ", " managed policies, "]);
    project.run(&["--verbose"]).says(2, &["--version"]);
}

#[test]
fn reports_for_programs_carry_the_day_of_the_catalogue() {
    let project = Project::of(&[("main.tf", &user("a"))]);
    let date = iacscan::iam::catalogue::date();
    let json = project.scan(&["--format", "json", "main.tf"]).json();
    assert_eq!(json["tool"]["catalogue"], date.as_str());
    let sarif = project.scan(&["--format", "sarif", "main.tf"]).json();
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["properties"]["catalogue"], date.as_str());
}

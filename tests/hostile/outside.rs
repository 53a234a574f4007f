//! What lies outside of the scanned tree.

use std::fs;

use crate::estate::{Estate, NEIGHBOUR};

#[test]
fn what_lies_outside_stays_outside() {
    const SECRET: &str = "hunter2-is-not-for-you";
    let estate = Estate::of(&[("main.tf", NEIGHBOUR)]);
    let outside = estate.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.tf"), format!("resource \"aws_iam_user\" \"{SECRET}\" {{}}\n")).unwrap();
    fs::write(outside.join("secret.txt"), SECRET).unwrap();
    fs::write(outside.join("secret.tfvars"), format!("secret = \"{SECRET}\"\n")).unwrap();
    let readers = [
        "file(\"/etc/passwd\")",
        "file(\"../../outside/secret.txt\")",
        "file(\"inside/../../../outside/secret.txt\")",
        "file(\"link.txt\")",
        "filebase64(\"../../outside/secret.txt\")",
        "filesha256(\"../../outside/secret.txt\")",
        "fileexists(\"../../outside/secret.txt\")",
        "templatefile(\"../../outside/secret.txt\", {})",
        "jsonencode(fileset(\"../../outside\", \"*\"))",
        "jsonencode(fileset(path.module, \"../../outside/*\"))",
        "file(pathexpand(\"~/.ssh/id_rsa\"))",
        "file(\"/proc/self/environ\")",
        "file(\"/dev/zero\")",
    ];
    for (nth, reader) in readers.iter().enumerate() {
        let text = format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = {reader}\n}}\n");
        estate.write(&format!("r{nth:02}/main.tf"), text);
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.join("secret.txt"), estate.tree().join(format!("r{nth:02}/link.txt")))
            .unwrap();
    }
    estate.write("module/main.tf", "module \"m\" {\n  source = \"../../outside\"\n}\n");
    estate.write("installed/main.tf", "module \"m\" {\n  source = \"some/module/aws\"\n}\n");
    let manifest = "{\"Modules\":[{\"Key\":\"m\",\"Source\":\"x\",\"Dir\":\"../../outside\"}]}";
    estate.write("installed/.terraform/modules/modules.json", manifest);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(outside.join("secret.tf"), estate.tree().join("linked.tf")).unwrap();
        symlink(&outside, estate.tree().join("folder")).unwrap();
        estate.write(
            "vars/main.tf",
            "variable \"secret\" {}\nresource \"aws_iam_policy\" \"p\" {\n  policy = var.secret\n}\n",
        );
        symlink(outside.join("secret.tfvars"), estate.tree().join("vars/terraform.tfvars")).unwrap();
    }
    let outcome = estate.scan();
    outcome.still_finds_the_neighbour();
    assert!(!outcome.all.contains(SECRET), "{}", outcome.all);
    assert!(!outcome.all.contains("root:x:") && !outcome.all.contains("folder/secret"), "{}", outcome.all);
    outcome.says("is not in the scanned tree", "module/main.tf", 2);
    #[cfg(unix)]
    outcome.says("is a link that leaves the scanned tree", "linked.tf", 0).says(
        "is a link that leaves the scanned tree",
        "folder",
        0,
    );
}

/// Of what lies outside nothing is told, not even whether it is there: a scan gives the same on every machine.
#[test]
fn whether_anything_is_there_is_not_looked_at() {
    let mut texts = Vec::new();
    for path in ["/etc/passwd", "/no/such/folder/at-all", "../../outside/x", "~/.ssh/id_rsa.pub"] {
        let text = format!(
            "{NEIGHBOUR}output \"there\" {{\n  value = fileexists(\"{path}\")\n}}\noutput \"read\" {{\n  value = file(\"{path}\")\n}}\n\
             output \"hash\" {{\n  value = filemd5(\"{path}\")\n}}\noutput \"set\" {{\n  value = fileset(\"{path}\", \"*\")\n}}\n"
        );
        let outcome = Estate::of(&[("main.tf", &text)]).scan();
        outcome.still_finds_the_neighbour();
        for line in [5, 8, 11, 14] {
            outcome.says("is not in the scanned tree and was not read", "main.tf", line);
        }
        texts.push(outcome.model.to_string());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:#?}");
}

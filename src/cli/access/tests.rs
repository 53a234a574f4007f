use super::mermaid::escaped;

#[test]
fn a_label_ends_nothing() {
    assert_eq!(escaped("a\"]; click n0 \"javascript:x\""), "a#34;#93;#59; click n0 #34;javascript:x#34;");
    assert_eq!(escaped("<b>#`%%{init}"), "#60;b#62;#35;#96;#37;#37;#123;init#125;");
    assert_eq!(escaped("é role/x-1_2"), "é role/x-1_2");
}

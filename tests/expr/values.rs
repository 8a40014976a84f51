//! What expressions give, by our tree and by rhai.

use super::{compile, list, map, text, world};
use strowger::base::value::{Type, Value};
use strowger::expr::{BuiltIn, Read, Slot};

/// Source, value, whether our own tree evaluates it.
fn cases() -> Vec<(&'static str, Value)> {
    use Value::{Bool, Duration, Float, Int};
    vec![
        ("1", Int(1)),
        ("-1", Int(-1)),
        ("0.5", Float(0.5)),
        ("true", Bool(true)),
        ("\"a\\\"b\\n\"", text("a\"b\n")),
        ("i + 1", Int(8)),
        ("i - 8", Int(-1)),
        ("7 / 2", Int(3)),
        ("-7 % 3", Int(-1)),
        ("7 / 2.0", Float(3.5)),
        ("i + f", Float(9.5)),
        ("2 + 3 * 4", Int(14)),
        ("(2 + 3) * 4", Int(20)),
        ("2 - 3 - 4", Int(-5)),
        ("-i", Int(-7)),
        ("- (2 + 3)", Int(-5)),
        ("x + i", text("gold7")),
        ("x + -1", text("gold-1")),
        ("i + x", text("7gold")),
        ("x + 1 + 2", text("gold12")),
        ("1 + 2 + x", text("3gold")),
        ("x + 1.0", text("gold1")),
        ("x + f", text("gold2.5")),
        ("x + ok", text("goldtrue")),
        ("x + wait", text("gold90000ms")),
        ("x + keyed", text("gold0123")),
        ("\"\" + (-9223372036854775807 - 1)", text("-9223372036854775808")),
        ("x == \"gold\"", Bool(true)),
        ("x != \"never\"", Bool(true)),
        ("i < 8 && i >= 7", Bool(true)),
        ("1 == 1.0", Bool(true)),
        ("0.1 + 0.2 == 0.3", Bool(true)),
        ("0.1 + 0.2 != 0.3", Bool(false)),
        ("0.1 + 0.2 <= 0.3", Bool(true)),
        ("0.1 + 0.2 > 0.3", Bool(false)),
        ("0.3 < 0.1 + 0.2", Bool(false)),
        ("0.3 >= 0.1 + 0.2", Bool(true)),
        ("\"a\" < \"b\"", Bool(true)),
        ("ok == false", Bool(false)),
        ("!ok || i == 7", Bool(true)),
        ("ok || empty == \"\"", Bool(true)),
        ("!ok && empty == \"\"", Bool(false)),
        ("keyed", Value::Digits("0123".into())),
        ("phone", Value::Phone("+442071838750".into())),
        ("desk", Value::Extension("201".into())),
        ("pin", Value::Secret("4711".into())),
        ("if ok { phone } else { phone }", Value::Phone("+442071838750".into())),
        ("phone == \"+442071838750\"", Bool(true)),
        ("keyed + \"\"", text("0123")),
        ("keyed == \"0123\"", Bool(true)),
        ("x in [\"gold\", \"silver\"]", Bool(true)),
        ("x in names", Bool(true)),
        ("x !in names", Bool(false)),
        ("!(x in names)", Bool(false)),
        ("1 in [3, 2, 1.0]", Bool(true)),
        ("\"ol\" in x", Bool(true)),
        ("\"age\" in row", Bool(true)),
        ("keyed in [\"0123\"]", Bool(true)),
        ("any_number in any_list", Bool(false)),
        ("any_text + 1", text("31")),
        ("any_number + 1", Int(4)),
        ("if i > 5 { \"high\" } else { \"low\" }", text("high")),
        ("if i > 9 { 1 } else if i > 6 { 2 } else { 3 }", Int(2)),
        ("1 + (if ok { 1 } else { 2 })", Int(2)),
        ("seconds(90) == wait", Bool(true)),
        ("minutes(1) + seconds(30)", Duration(90_000)),
        ("wait - minutes(1)", Duration(30_000)),
        ("wait > minutes(1)", Bool(true)),
        ("seconds(0.25)", Duration(250)),
        ("[1, x, wait]", list(&[Int(1), text("gold"), Duration(90_000)])),
        ("[1, 2] + [3]", list(&[Int(1), Int(2), Int(3)])),
        ("[]", list(&[])),
        ("#{b: 1, a: x}", map(&[("a", text("gold")), ("b", Int(1))])),
        ("#{a: #{b: [1, 2]}}.a.b[1]", Int(2)),
        ("row.age + 1", Int(41)),
        ("row[\"name\"]", text("Ann")),
        ("row.name + x", text("Anngold")),
        ("row.name.len()", Int(3)),
        ("names[0]", text("gold")),
        ("names[-1]", text("silver")),
        ("names[i - 6]", text("silver")),
        ("names[0][1]", text("o")),
        ("names[row.one]", text("silver")),
        ("names.join(\"-\")[x.len()]", text("-")),
        ("[[5, 6]][0][row.one]", Int(6)),
        ("[[5, 6]][0][#{a: [1]}.a[0]]", Int(6)),
        ("#{a: [7, 8]}.a[row.one]", Int(8)),
        ("row.name[row.one].to_upper()", text("N")),
        ("x[0] == \"g\"", Bool(true)),
        ("x[0] + x[1]", text("go")),
        ("x[0] in [\"g\"]", Bool(true)),
        ("(x + x).to_upper().sub_string(2, 4)", text("LDGO")),
        ("names[1].to_upper()[0]", text("S")),
        ("[[1, 2], [3]][0][1]", Int(2)),
        ("x.len() + names.len()", Int(6)),
        ("caller.number.starts_with(\"+44\")", Bool(true)),
        ("caller . name", text("Ann")),
        ("queue.sales.estimated_wait > minutes(10)", Bool(true)),
        ("queue.default.waiting * 2", Int(8)),
        ("hours.office == \"open\"", Bool(true)),
        ("hours.office.holiday == \"\"", Bool(true)),
        ("hours.office.len()", Int(4)),
        ("session.tags.vip", text("yes")),
        ("digits", Value::Digits("42".into())),
        ("digits + digits", text("4242")),
        ("digits.to_number() + 1", Int(43)),
        ("[digits,\n  now.hour,\n  caller.name]", list(&[Value::Digits("42".into()), Int(9), text("Ann")])),
        ("\"caller.name now.hour\"", text("caller.name now.hour")),
        ("#{caller: 1, digits: 2}.caller", Int(1)),
        ("row.get(\"digits\", now.hour)", Int(9)),
        ("\"é\".len() + \"日本\".sub_string(1).len()", Int(2)),
        ("any_list.index_of(\"a\")", Int(1)),
        ("(-2.5).round()", Int(-3)),
    ]
}

#[test]
fn expressions_give_their_values_both_ways() {
    for (source, expected) in cases() {
        let expr = compile(source).unwrap_or_else(|e| panic!("{source}: {e:?}"));
        assert_eq!(expr.eval(&world()), Ok(expected.clone()), "{source}");
        assert_eq!(expr.eval_reference(&world()), Ok(expected.clone()), "{source} by rhai");
        if let Some(ty) = expr.ty() {
            assert_eq!(Some(ty), expected.type_of(), "{source}: its type");
        }
    }
}

#[test]
fn common_expressions_do_not_need_rhai() {
    for source in
        ["i + 1", "x + i", "x == \"never\"", "i < 7", "x in names", "row.name", "seconds(i)", "[x, i]", "x.len()"]
    {
        assert!(compile(source).unwrap().is_fast(), "{source}");
    }
    for source in ["names[0]", "#{a: 1}"] {
        assert!(!compile(source).unwrap().is_fast(), "{source}");
    }
}

#[test]
fn failing_expressions_say_why() {
    let cases = [
        ("empty", "`empty` has no value yet"),
        ("now.minute", "`now.minute` has no value yet"),
        ("9223372036854775807 + 1", "the number is too large"),
        ("(-9223372036854775807 - 1) / -1", "the number is too large"),
        ("i / 0", "division by zero"),
        ("row.nobody", "there is no field `nobody`"),
        ("row[\"nobody\"]", "there is no field `nobody`"),
        ("names[5]", "the list has 2 elements, and none at 5"),
        ("x.to_number()", "the text does not spell a number"),
        ("any_number == \"3\"", "a number cannot be compared with text"),
        ("any_text < 4", "text cannot be compared with a number"),
        ("any_text - 1", "`-` cannot combine text and a number"),
        ("any_text && ok", "a condition must be true or false, not text"),
        ("row.pin == \"1\"", "a secret cannot be compared with text"),
        ("row.pin + \"1\"", "`+` cannot combine a secret and text"),
        ("row.pin in names", "a secret cannot be compared"),
        ("any_text.abs()", "`abs` does not take text"),
        ("minutes(9223372036854775807)", "the number is too large"),
    ];
    for (source, message) in cases {
        let expr = compile(source).unwrap_or_else(|e| panic!("{source}: {e:?}"));
        assert_eq!(expr.eval(&world()).map_err(|e| e.to_string()), Err(message.to_owned()), "{source}");
        assert!(expr.eval_reference(&world()).is_err(), "{source} by rhai");
    }
}

#[test]
fn what_an_expression_reads_is_told() {
    let expr = compile("x + caller.name + queue.sales.position + x + caller.name").unwrap();
    assert_eq!(expr.ty(), Some(Type::Text));
    let [Read::Slot(Slot(2)), Read::Root(name), Read::Root(position)] = expr.reads() else {
        panic!("{:?}", expr.reads());
    };
    assert_eq!((name.id, name.to_string().as_str(), name.is_tainted()), (BuiltIn::CallerName, "caller.name", true));
    assert_eq!((position.id, position.name.as_deref()), (BuiltIn::QueuePosition, Some("sales")));
    assert!(!position.is_tainted());
    assert_eq!(compile("\"a\"").unwrap().as_constant(), Some(&text("a")));
    assert_eq!(compile("[\"a\"]").unwrap().as_constant(), Some(&list(&[text("a")])));
    assert_eq!(compile("x").unwrap().as_constant(), None);
}

#[test]
fn a_variable_hides_a_built_in_of_the_same_name() {
    let world = world().with("reason", Some(Type::Number), Value::Int(1));
    let expr = strowger::expr::Compiler::new().compile("reason + 1", &world).unwrap();
    assert_eq!(expr.eval(&world), Ok(Value::Int(2)));
}

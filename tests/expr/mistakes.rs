//! Each mistake with its rule, the words it points at, what it says and what it proposes.

use super::compile;

/// Source, rule, the marked words, message, help.
const CASES: &[(&str, &str, &str, &str, &str)] = &[
    ("", "expression-syntax", "", "the expression is empty", ""),
    ("  ", "expression-syntax", "  ", "the expression is empty", ""),
    ("tire == 1", "unknown-name", "tire", "there is no variable `tire` here", "text stands in quotes: `\"tire\"`"),
    ("f and true", "unknown-name", "and", "`and` is written `&&` in an expression", "write `&&`"),
    ("{a: 1}", "expression-syntax", "{", "`{` is not expected here", "a map is written `#{name: value}`"),
    ("nmes", "unknown-name", "nmes", "there is no variable `nmes` here", "did you mean `names`?"),
    ("calller.name", "unknown-name", "calller", "there is no variable `calller` here", "did you mean `caller`?"),
    ("call.id", "unknown-name", "call", "`call` is a reserved word, not a name", "the call is `session`"),
    ("R0 + 1", "unknown-name", "R0", "there is no variable `R0` here", "text stands in quotes: `\"R0\"`"),
    ("caller.nmber", "unknown-field", "nmber", "`caller` has no field `nmber`", "did you mean `number`?"),
    ("1 + dialed.x", "unknown-field", "x", "`dialed` has no field `x`", "its fields are `number` and `name`"),
    (
        "caller == x",
        "unknown-field",
        "caller",
        "`caller` is not a value by itself",
        "write one of its fields after a dot: `number`, `name`, `anonymous`, `attestation` and `outside`",
    ),
    (
        "queue.sales",
        "unknown-field",
        "queue.sales",
        "`queue.sales` is not a value by itself",
        "write one of its fields after a dot: `open`, `waiting`, `agents_ready`, `estimated_wait` and `position`",
    ),
    ("queue.sales.opn", "unknown-field", "opn", "`queue.sales` has no field `opn`", "did you mean `open`?"),
    ("queue.slaes.open", "unknown-name", "slaes", "the site has no queue `slaes`", "did you mean `sales`?"),
    (
        "hours == x",
        "unknown-field",
        "hours",
        "`hours` needs the name of one of the site's",
        "write `hours.NAME` with the name of the hours",
    ),
    ("x.length()", "unknown-function", "x.length()", "there is no method `length`", "docs/flows.md lists the methods"),
    ("x.to_uper()", "unknown-function", "x.to_uper()", "there is no method `to_uper`", "did you mean `to_upper`?"),
    ("second(3)", "unknown-function", "second(3)", "there is no function `second`", "did you mean `seconds`?"),
    ("len(x)", "unknown-function", "len(x)", "`len` is a method", "write `value.len(..)`"),
    ("i.seconds()", "unknown-function", "i.seconds()", "`seconds` is a function", "write `seconds(..)`"),
    ("seconds()", "type-mismatch", "seconds()", "`seconds` takes 1 value, not 0", ""),
    ("x.replace(\"a\")", "type-mismatch", "x.replace(\"a\")", "`replace` takes 2 values, not 1", ""),
    ("x.starts_with(3)", "type-mismatch", "3", "`starts_with` takes text, and `3` is a number", ""),
    ("i.len()", "type-mismatch", "i", "`len` takes text, a list or a map, and `i` is a number", ""),
    ("seconds(x)", "type-mismatch", "x", "`seconds` takes a number, and `x` is text", ""),
    ("x.len", "unknown-field", "len", "text has no field `len`", "it is a method: `.len()`"),
    (
        "i == \"7\"",
        "unlike-comparison",
        "i == \"7\"",
        "`i` is a number and `\"7\"` is text: they can never be equal",
        "make the text a number: `\"7\".to_number()`",
    ),
    (
        "keyed == 1",
        "unlike-comparison",
        "keyed == 1",
        "`keyed` is digits and `1` is a number: they can never be equal",
        "write the number as text: `\"1\"`",
    ),
    (
        "wait > 30",
        "unlike-comparison",
        "wait > 30",
        "`wait` is a duration and `30` is a number: they can never be equal",
        "a duration is written `seconds(n)` or `minutes(n)`",
    ),
    (
        "x in [\"a\", 1]",
        "unlike-comparison",
        "1",
        "`x` is text and `1` is a number: they can never be equal",
        "write the number as text: `\"1\"`",
    ),
    (
        "i in x",
        "unlike-comparison",
        "i in x",
        "`i` is a number and `x` is text: they can never be equal",
        "make the text a number: `x.to_number()`",
    ),
    (
        "x in i",
        "type-mismatch",
        "x in i",
        "`in` looks into a list, a map or text, and `i` is a number",
        "write the values in brackets: `x in [1, 2]`",
    ),
    (
        "names == names",
        "type-mismatch",
        "names == names",
        "`==` does not compare whole values: `names` is a list",
        "ask for one element with `in`, or for the number of elements with `.len()`",
    ),
    (
        "ok > false",
        "type-mismatch",
        "ok > false",
        "`>` orders numbers, durations and texts: `ok` is a bool",
        "use `==`, `&&` or `!`",
    ),
    (
        "x - 1",
        "type-mismatch",
        "x - 1",
        "`-` cannot combine these: `x` is text, `1` is a number",
        "make it a number: `x.to_number()`",
    ),
    (
        "wait * 2",
        "type-mismatch",
        "wait * 2",
        "`*` cannot combine these: `wait` is a duration, `2` is a number",
        "a duration is written `seconds(n)` or `minutes(n)`",
    ),
    ("names + x", "type-mismatch", "names + x", "`+` cannot combine these: `names` is a list, `x` is text", ""),
    ("-x", "type-mismatch", "-x", "`-` needs a number, and `x` is text", ""),
    (
        "!i",
        "type-mismatch",
        "i",
        "`!` needs true or false, and `i` is a number",
        "compare it with something, as `x > 0` or `x != \"\"`",
    ),
    (
        "ok && x",
        "type-mismatch",
        "x",
        "`&&` needs true or false, and `x` is text",
        "compare it with something, as `x > 0` or `x != \"\"`",
    ),
    (
        "if i { 1 } else { 2 }",
        "type-mismatch",
        "i",
        "`if` needs true or false, and `i` is a number",
        "compare it with something, as `x > 0` or `x != \"\"`",
    ),
    (
        "if ok { 1 } else { x }",
        "type-mismatch",
        "if ok { 1 } else { x }",
        "the branches are unlike: one is a number, the other text",
        "give both branches one type",
    ),
    (
        "if ok { 1 }",
        "expression-syntax",
        "if ok { 1",
        "an `if` in an expression needs an `else`",
        "write `if a { b } else { c }`: an expression always has a value",
    ),
    (
        "names[x]",
        "type-mismatch",
        "x",
        "this index must be a number, not text",
        "lists and texts are indexed from 0, maps by a key in quotes",
    ),
    ("ok[0]", "type-mismatch", "ok[0]", "only lists, maps and texts can be indexed, and `ok` is a bool", ""),
    (
        "pin == \"4711\"",
        "secret-exposed",
        "pin == \"4711\"",
        "`pin` is a secret: it cannot be compared, joined to text or printed",
        "a secret goes only to `verify .. pin` or the `body` of `http`",
    ),
    (
        "\"PIN \" + pin",
        "secret-exposed",
        "\"PIN \" + pin",
        "`pin` is a secret: it cannot be compared, joined to text or printed",
        "a secret goes only to `verify .. pin` or the `body` of `http`",
    ),
    (
        "pin.len()",
        "secret-exposed",
        "pin.len()",
        "`pin` is a secret: it cannot be compared, joined to text or printed",
        "a secret goes only to `verify .. pin` or the `body` of `http`",
    ),
    (
        "pin in [\"1\"]",
        "secret-exposed",
        "pin in [\"1\"]",
        "`pin` is a secret: it cannot be compared, joined to text or printed",
        "a secret goes only to `verify .. pin` or the `body` of `http`",
    ),
    (
        "x.contains(pin)",
        "secret-exposed",
        "x.contains(pin)",
        "`pin` is a secret: it cannot be compared, joined to text or printed",
        "a secret goes only to `verify .. pin` or the `body` of `http`",
    ),
    (
        "i = 1",
        "expression-syntax",
        "=",
        "`=` cannot set anything here",
        "to compare write `==`; to set a variable write the statement `set name = value`",
    ),
    ("i += 1", "expression-syntax", "+=", "`+=` cannot set anything here", "write the statement `set n = (n + 1)`"),
    (
        "1; 2",
        "expression-syntax",
        ";",
        "expressions have no `;`",
        "an expression gives one value; write a statement for each",
    ),
    (
        "let i = 1",
        "expression-syntax",
        "let",
        "`let` is not part of an expression",
        "declare it in the flow's header with `var` or `const`, and set it with the statement `set`",
    ),
    (
        "while ok { 1 }",
        "expression-syntax",
        "while",
        "`while` is not part of an expression",
        "a step with `visits` is the language's only loop",
    ),
    (
        "fn f() { 1 }",
        "expression-syntax",
        "fn",
        "`fn` is not part of an expression",
        "shared steps are a `subflow`; an expression only computes a value",
    ),
    (
        "eval(\"1\")",
        "expression-syntax",
        "eval",
        "`eval` is not part of an expression",
        "it is not part of the language",
    ),
    ("names.map(|n| n)", "expression-syntax", "|", "expressions have no closures", "use `in`, `contains` or a subflow"),
    ("|| 1", "expression-syntax", "||", "expressions have no closures", "use `in`, `contains` or a subflow"),
    (
        "`a`",
        "expression-syntax",
        "`",
        "back-quoted text is not part of the language",
        "write `\"..\"` and join texts with `+`",
    ),
    ("'a'", "expression-syntax", "'", "text stands in double quotes", "write `\"..\"`"),
    (
        "1 // one",
        "expression-syntax",
        "//",
        "an expression holds no comment",
        "put the comment on the line before the statement",
    ),
    (
        "1 /* one */",
        "expression-syntax",
        "/*",
        "an expression holds no comment",
        "put the comment on the line before the statement",
    ),
    ("i & 1", "expression-syntax", "&", "there is no operator `&`", "write `&&` for and, `||` for or"),
    (
        "2 ** 3",
        "expression-syntax",
        "**",
        "there is no operator `**`",
        "the operators are + - * / %, == != < <= > >=, && || ! and `in`",
    ),
    ("row?.x", "expression-syntax", "?.", "there is no operator `?.`", "write `if a { b } else { c }`"),
    ("1..3", "expression-syntax", "..", "there is no operator `..`", "write `a <= x && x <= b`"),
    (
        "switch i { 1 => 2 }",
        "expression-syntax",
        "switch",
        "`switch` is not part of an expression",
        "write the statement `switch`, or `if a { b } else { c }`",
    ),
    (
        "\"Hi ${x}\"",
        "expression-syntax",
        "\"Hi ${x}\"",
        "text inside an expression has no holes",
        "join texts with `+`: `\"Hello \" + caller.name`",
    ),
    ("\"open", "expression-syntax", "\"open", "the text is not closed", "end it with `\"`"),
    ("1e5", "expression-syntax", "1e5", "`1e5` is not a number", "write digits and at most one point, as `0.5`"),
    ("1 +", "expression-syntax", "", "the expression ends too early", "a value is missing at its end"),
    ("(1 + 2", "expression-syntax", "", "`)` is missing at the end", ""),
    (
        "1 2",
        "expression-syntax",
        "2",
        "`2` is not expected here",
        "an expression gives one value; is an operator missing?",
    ),
    ("()", "expression-syntax", "(", "there is nothing between the parentheses", "write a value"),
    ("#{a: 1, a: 2}", "expression-syntax", "a", "the key `a` stands twice in this map", ""),
    (
        "{ 1 }",
        "expression-syntax",
        "{",
        "`{` is not expected here",
        "an expression gives one value; is an operator missing?",
    ),
    ("+ i", "expression-syntax", "+ i", "`+` before a value does nothing", "leave it out"),
    (
        "((((((((((((((((( 1 )))))))))))))))))",
        "expression-too-large",
        "(",
        "brackets are nested deeper than 16",
        "put a part into a variable with `set`",
    ),
];

#[test]
fn every_mistake_says_what_where_and_what_to_do() {
    let mut wrong = Vec::new();
    for (source, rule, marked, message, help) in CASES {
        let errors = compile(source).err().unwrap_or_default();
        let said: Vec<_> = errors
            .iter()
            .map(|e| {
                (
                    e.rule,
                    source.get(e.start..e.end).unwrap_or("??"),
                    e.message.as_str(),
                    e.help.as_deref().unwrap_or(""),
                )
            })
            .collect();
        if said.first() != Some(&(*rule, *marked, *message, *help)) {
            wrong.push(format!("{source}\n  said     {said:?}\n  expected {:?}", (rule, marked, message, help)));
        }
        assert!(errors.iter().all(|e| strowger::expr::rule::ALL.contains(&e.rule)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_run_finds_every_mistake() {
    let found = |source: &str| -> Vec<(usize, &'static str)> {
        compile(source).err().unwrap_or_default().iter().map(|e| (e.start, e.rule)).collect()
    };
    assert_eq!(
        found("nope + 1 == caller.nmber && x.lenn() > 2 && i == \"7\" && pin == x"),
        [
            (0, "unknown-name"),
            (19, "unknown-field"),
            (28, "unknown-function"),
            (44, "unlike-comparison"),
            (56, "secret-exposed")
        ]
    );
    assert_eq!(found("i = 1; `"), [(2, "expression-syntax"), (5, "expression-syntax"), (7, "expression-syntax")]);
    // An unknown name is no reason for a second error, and a parse error does not hide it.
    assert_eq!(found("nope - 1 < wait"), [(0, "unknown-name")]);
    assert_eq!(found("nope + + * 1").first(), Some(&(0, "unknown-name")));
}

#[test]
fn places_are_bytes_also_behind_other_alphabets_and_lines() {
    let source = "\"é日本\" == x &&\n  caller.name == 1";
    let errors = compile(source).unwrap_err();
    assert_eq!(&source[errors[0].start..errors[0].end], "caller.name == 1");
    let source = "caller\n  .name == x &&\n  i == \"7\"";
    let errors = compile(source).unwrap_err();
    assert_eq!(&source[errors[0].start..errors[0].end], "i == \"7\"");
}

//! The defects that `tests/run sim defects` plants are those of this tree: a list that the code has left behind would find
//! nothing and say so of the simulator.

use std::path::Path;

/// What is wrong, in which file, what is there, what is there instead.
struct Planted {
    what: String,
    file: String,
    before: String,
    instead: String,
}

fn planted(text: &str) -> Vec<Planted> {
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty() && !block.starts_with('#'));
    let read = |block: &str| {
        let lines = |sign: &str| {
            let of: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix(sign)).collect();
            of.join("\n")
        };
        let what = block.lines().next().unwrap().to_owned();
        let file = block.lines().find_map(|line| line.strip_prefix("  ")).unwrap().to_owned();
        Planted { what, file, before: lines("- "), instead: lines("+ ") }
    };
    blocks.map(read).collect()
}

#[test]
fn each_planted_defect_has_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let planted = planted(&std::fs::read_to_string(root.join("tests/sim/defects.txt")).unwrap());
    assert!(planted.len() >= 30);
    let mut wrong = Vec::new();
    for Planted { what, file, before, instead } in planted {
        let places = std::fs::read_to_string(root.join(&file)).unwrap().matches(&before).count();
        if places != 1 || before == instead || before.is_empty() {
            wrong.push(format!(
                "`{what}`: its lines are {places} times in {file}; tests/sim/defects.txt says what they are"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

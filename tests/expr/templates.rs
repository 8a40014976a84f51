//! Texts with holes.

use super::world;
use strowger::expr::{Compiler, Piece};

#[test]
fn holes_are_filled() {
    let pieces = [
        Piece::Literal("You are number "),
        Piece::Hole("queue.default.waiting + 1"),
        Piece::Literal(", "),
        Piece::Hole("x"),
    ];
    let template = Compiler::new().template(&pieces, &world()).unwrap();
    assert_eq!(template.render(&world()), Ok("You are number 5, gold".to_owned()));
    assert_eq!(template.reads().count(), 2);
    assert_eq!(template.as_literal(), None);
    let plain = Compiler::new().template(&[Piece::Literal("Hello")], &world()).unwrap();
    assert_eq!(plain.as_literal(), Some("Hello"));
    let nothing = Compiler::new().template(&[], &world()).unwrap();
    assert_eq!((nothing.as_literal(), nothing.render(&world())), (Some(""), Ok(String::new())));
}

#[test]
fn every_wrong_hole_is_told() {
    let pieces = [Piece::Hole("pin"), Piece::Literal("a"), Piece::Hole("nope"), Piece::Hole("row")];
    let errors = Compiler::new().template(&pieces, &world()).unwrap_err();
    let said: Vec<_> = errors.iter().map(|e| (e.piece, e.error.rule)).collect();
    assert_eq!(said, [(0, "secret-exposed"), (2, "unknown-name"), (3, "type-mismatch")]);
}

#[test]
fn a_run_cannot_print_a_secret_or_too_much() {
    let compiler = Compiler::new();
    let secret = compiler.template(&[Piece::Hole("row.pin")], &world()).unwrap();
    assert_eq!(secret.render(&world()).unwrap_err().to_string(), "a secret cannot be printed");
    let long = "a".repeat(4000);
    let pieces = [Piece::Literal(&long), Piece::Hole("x"), Piece::Literal(&long)];
    let long = compiler.template(&pieces, &world()).unwrap();
    assert_eq!(long.render(&world()).unwrap_err().to_string(), "the text is longer than 4096 bytes");
    let unset = compiler.template(&[Piece::Hole("empty")], &world()).unwrap();
    assert_eq!(unset.render(&world()).unwrap_err().to_string(), "`empty` has no value yet");
}

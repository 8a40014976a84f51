//! One rule a file: its page, its examples, and its search where it has one.

mod act_after_hangup;
mod caller_controlled_destination;
mod dead_condition;
mod duplicate_branch;
mod duplicate_name;
mod expression_always_fails;
mod expression_syntax;
mod feature_code_in_number;
mod missing_setting;
mod no_disposition;
mod non_canonical_constant;
mod outcome_impossible;
mod outcome_unhandled;
mod play_before_answer;
mod prompt_missing;
mod queue_arm_statement;
mod reject_after_answer;
mod reserved_name;
mod secret_exposed;
mod shared_binding;
mod statement_not_available;
mod step_falls_through;
mod type_mismatch;
mod unbounded_loop;
mod unguarded_external_leg;
mod unknown_field;
mod unknown_function;
mod unknown_name;
mod unknown_outcome;
mod unknown_setting;
mod unknown_target;
mod unlike_comparison;
mod unreachable_statement;
mod unreachable_step;
mod value_out_of_range;
mod var_used_before_set;
mod wrong_arguments;

use super::registry::Rule;

/// In the order of their names.
pub(super) static ALL: [Rule; 37] = [
    act_after_hangup::RULE,
    caller_controlled_destination::RULE,
    dead_condition::RULE,
    duplicate_branch::RULE,
    duplicate_name::RULE,
    expression_always_fails::RULE,
    expression_syntax::RULE,
    feature_code_in_number::RULE,
    missing_setting::RULE,
    no_disposition::RULE,
    non_canonical_constant::RULE,
    outcome_impossible::RULE,
    outcome_unhandled::RULE,
    play_before_answer::RULE,
    prompt_missing::RULE,
    queue_arm_statement::RULE,
    reject_after_answer::RULE,
    reserved_name::RULE,
    secret_exposed::RULE,
    shared_binding::RULE,
    statement_not_available::RULE,
    step_falls_through::RULE,
    type_mismatch::RULE,
    unbounded_loop::RULE,
    unguarded_external_leg::RULE,
    unknown_field::RULE,
    unknown_function::RULE,
    unknown_name::RULE,
    unknown_outcome::RULE,
    unknown_setting::RULE,
    unknown_target::RULE,
    unlike_comparison::RULE,
    unreachable_statement::RULE,
    unreachable_step::RULE,
    value_out_of_range::RULE,
    var_used_before_set::RULE,
    wrong_arguments::RULE,
];

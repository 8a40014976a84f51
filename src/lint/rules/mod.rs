//! One rule a file: its page, its examples, and its search where it has one.

mod act_after_hangup;
mod api_failure_dead_end;
mod caller_controlled_destination;
mod dead_air;
mod dead_condition;
mod dialplan_overlap;
mod duplicate_branch;
mod duplicate_name;
mod duplicate_subtree;
mod expression_always_fails;
mod expression_syntax;
mod feature_code_in_number;
mod flow_loop;
mod guard_stale;
mod hold_without_retrieve;
mod injection_into_dial_string;
mod legs_exceed_limit;
mod magic_number;
mod menu_prompt_agreement;
mod menu_too_deep;
mod menu_too_wide;
mod missing_owner;
mod missing_setting;
mod naming;
mod no_disposition;
mod no_input_no_match_missing;
mod no_operator_exit;
mod non_canonical_constant;
mod not_interruptible;
mod outcome_impossible;
mod outcome_never_returned;
mod outcome_unhandled;
mod own_did_target;
mod play_before_answer;
mod prompt_missing;
mod queue_arm_statement;
mod queue_no_exit;
mod recording_consent_order;
mod recording_not_resumed;
mod recursive_subflow;
mod reject_after_answer;
mod repeated_post;
mod reserved_name;
mod schedule_gap_overlap;
mod secret_exposed;
mod secret_recorded;
mod shared_binding;
mod silent_cycle;
mod silent_failure;
mod split_not_whole;
mod step_budget;
mod step_falls_through;
mod subflow_arity;
mod subflow_boundary;
mod subflow_failure_unhandled;
mod subflow_too_deep;
mod time_to_first_choice;
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
mod unused_variable;
mod value_out_of_range;
mod var_used_before_set;
mod voicemail_as_success;
mod wait_lost;
mod wait_without_timeout;

use super::registry::Rule;

/// In the order of their names.
pub(super) static ALL: [Rule; 75] = [
    act_after_hangup::RULE,
    api_failure_dead_end::RULE,
    caller_controlled_destination::RULE,
    dead_air::RULE,
    dead_condition::RULE,
    dialplan_overlap::RULE,
    duplicate_branch::RULE,
    duplicate_name::RULE,
    duplicate_subtree::RULE,
    expression_always_fails::RULE,
    expression_syntax::RULE,
    feature_code_in_number::RULE,
    flow_loop::RULE,
    guard_stale::RULE,
    hold_without_retrieve::RULE,
    injection_into_dial_string::RULE,
    legs_exceed_limit::RULE,
    magic_number::RULE,
    menu_prompt_agreement::RULE,
    menu_too_deep::RULE,
    menu_too_wide::RULE,
    missing_owner::RULE,
    missing_setting::RULE,
    naming::RULE,
    no_disposition::RULE,
    no_input_no_match_missing::RULE,
    no_operator_exit::RULE,
    non_canonical_constant::RULE,
    not_interruptible::RULE,
    outcome_impossible::RULE,
    outcome_never_returned::RULE,
    outcome_unhandled::RULE,
    own_did_target::RULE,
    play_before_answer::RULE,
    prompt_missing::RULE,
    queue_arm_statement::RULE,
    queue_no_exit::RULE,
    recording_consent_order::RULE,
    recording_not_resumed::RULE,
    recursive_subflow::RULE,
    reject_after_answer::RULE,
    repeated_post::RULE,
    reserved_name::RULE,
    schedule_gap_overlap::RULE,
    secret_exposed::RULE,
    secret_recorded::RULE,
    shared_binding::RULE,
    silent_cycle::RULE,
    silent_failure::RULE,
    split_not_whole::RULE,
    step_budget::RULE,
    step_falls_through::RULE,
    subflow_arity::RULE,
    subflow_boundary::RULE,
    subflow_failure_unhandled::RULE,
    subflow_too_deep::RULE,
    time_to_first_choice::RULE,
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
    unused_variable::RULE,
    value_out_of_range::RULE,
    var_used_before_set::RULE,
    voicemail_as_success::RULE,
    wait_lost::RULE,
    wait_without_timeout::RULE,
];

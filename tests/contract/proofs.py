"""Which tests of other rooms prove a clause that no vector can: clause to test names.

A test that cites its clause (`R15`) needs no line here.
"""

PROOFS: dict[int, list[str]] = {
    15: [
        "tests/rooms/checkin/test_exchange.py::test_handing_in_again_changes_nothing",
        "tests/rooms/checkin/test_exchange.py::test_a_gap_stores_nothing_and_names_the_head",
        "tests/rooms/checkin/test_exchange.py::test_both_branches_of_a_fork_are_kept_and_told",
    ],
    16: ["tests/e2e/test_door_camera.py::test_one_code_held_before_the_camera_is_one_decision"],
    17: ["tests/rooms/checkin/test_exchange.py::test_both_branches_of_a_fork_are_kept_and_told"],
    32: [
        "tests/rooms/tickets/test_issue_tickets.py"
        "::test_new_tickets_wait_for_their_numbers_and_get_them_without_gaps",
        "tests/rooms/tickets/test_ticket_states.py"
        "::test_a_row_numbered_while_it_is_rewritten_is_numbered_again",
    ],
    39: [
        "tests/rooms/tickets/test_signing_keys.py"
        "::test_a_key_signs_only_a_day_after_it_was_published",
        "tests/rooms/tickets/test_signing_keys.py"
        "::test_ids_come_back_only_when_no_event_under_them_is_unfinished",
    ],
    42: [
        "tests/rooms/checkin/test_live.py::test_a_change_in_this_process_is_hinted",
        "tests/rooms/checkin/test_live.py::test_many_changes_are_few_hints",
    ],
    61: [
        "tests/rooms/portal/test_door_rules.py::test_a_tier_gets_a_prompt",
    ],
    62: [
        "tests/rooms/portal/test_door_rules.py::test_a_note_is_written_told_and_withheld",
    ],
    63: [
        "tests/rooms/portal/test_door_rules.py::test_a_pin_is_set_told_and_taken_away",
    ],
    64: [
        "tests/rooms/checkin/test_claims.py::test_the_first_is_granted_the_second_is_told_who",
        "tests/rooms/checkin/test_claims.py::test_many_ask_at_once_and_one_is_granted",
        "tests/flows/test_claims_kill.py::test_every_ticket_is_let_in_once_over_a_kill",
    ],
    65: [
        "tests/rooms/checkin/test_claims.py::test_a_claim_never_ends_by_time",
        "tests/rooms/checkin/test_claims.py::test_what_is_reported_unused_is_free_again",
        "tests/rooms/checkin/test_claims.py::test_an_override_by_anybody_ends_it",
        "tests/rooms/checkin/test_claims.py::test_revoking_the_device_ends_its_claims",
        "tests/rooms/checkin/test_claims.py"
        "::test_a_question_that_comes_after_its_report_opens_nothing",
    ],
    66: [
        "tests/rooms/checkin/test_claims.py::test_the_admit_ends_it_and_is_backed",
        "tests/rooms/checkin/test_claims.py::test_only_what_was_granted_backs_a_fact",
    ],
    72: [
        "tests/rooms/checkin/test_party_claims.py"
        "::test_two_phones_that_race_for_a_party_are_granted_each_ticket_once",
        "tests/rooms/checkin/test_party_claims.py"
        "::test_each_ticket_is_answered_as_if_it_were_asked_alone",
    ],
    45: [
        "tests/rooms/checkin/test_validate.py"
        "::test_the_first_answer_is_given_again_under_the_same_key",
        "tests/rooms/checkin/test_validate.py::test_many_at_once_admit_every_ticket_once",
    ],
}

//! The list of the cases of the handle: the one place where they stand.

/// Hands the list of the cases of the handle to another macro of this crate, after its arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_handle_case {
    ($then:ident! $args:tt) => {
        $crate::$then! {
            $args
            [None] create_load {
                a_token_brings_the_data_back_on_any_host
                no_two_tokens_are_alike
                a_token_that_was_never_issued_is_not_adopted
                peeking_and_inspecting_touch_nothing
                data_at_the_limit_are_stored_and_a_byte_more_is_refused
                large_and_empty_data_come_back_whole
            }
            [None] update {
                overlapping_changes_are_all_kept
                a_change_that_was_overtaken_runs_again_on_the_newer_data
                a_change_that_is_always_overtaken_is_given_up
                a_change_that_is_refused_changes_nothing
                a_change_with_the_same_checksum_is_stored
                an_update_always_makes_a_revision
                an_update_answers_with_what_is_stored
                a_change_is_a_use
                labels_and_data_do_not_overwrite_each_other
            }
            [None] touch {
                loading_touches_once_in_a_fraction_of_the_idle_timeout
                a_load_answers_with_the_deadline_that_it_has_moved
                a_touch_that_fails_is_reported_and_does_not_fail_the_load
                touching_by_hand_is_always_a_write
                a_session_that_ends_before_its_touch_is_not_served
            }
            [None] timeouts {
                a_session_ends_by_either_timeout_to_the_millisecond
                short_and_long_lifetimes_are_exact
                each_session_carries_its_own_timeouts
                the_assurance_levels_end_when_the_standard_says
                how_long_ago_a_user_authenticated_is_exact
                an_authentication_that_lies_far_ahead_is_too_long_ago
                a_clock_that_goes_back_ends_nothing
            }
            [None] sign_in {
                a_sign_in_binds_a_new_session_to_its_subject
                an_unknown_user_begins_to_sign_in_like_a_known_one
                signing_in_carries_the_visitors_data_and_ends_the_old_token
                signing_in_from_another_users_session_ends_it_and_carries_nothing
                another_users_session_that_cannot_be_ended_signs_nobody_in
                a_renewal_does_not_save_another_users_session
                signing_in_from_a_session_that_is_over_goes_on_without_data
                any_user_id_signs_in_and_reaches_nobody_elses_sessions
            }
            [None] sign_in_by_old_token {
                signing_in_from_a_reused_token_carries_nothing_and_tells
                after_a_lost_answer_the_password_signs_in_again
                signing_in_from_an_old_token_in_its_grace_ends_the_session
            }
            [None] sign_in_from {
                a_late_change_of_the_old_session_is_carried_over
                a_late_reader_of_the_old_session_does_not_disturb
                an_old_session_that_goes_away_meanwhile_signs_nobody_in
                an_old_session_that_is_changed_and_then_ends_signs_nobody_in
                a_sign_in_submitted_twice_signs_in_once
                an_old_session_that_cannot_be_ended_signs_nobody_in
                a_new_session_that_cannot_be_taken_back_is_told
                a_new_session_that_is_revoked_meanwhile_stays_so
                a_new_session_that_is_revoked_before_the_second_step_stays_so
                a_sign_in_that_is_refused_leaves_the_old_session_alone
            }
            [None] reauthenticate {
                a_reauthentication_keeps_what_is_the_users_and_renews_the_times
                a_reauthentication_can_change_the_label_and_the_timeouts
                a_sign_in_can_be_like_that_of_another_user_id
                a_reauthentication_is_counted_once_at_the_cap
                a_late_change_is_carried_over_by_a_reauthentication
                a_reauthentication_of_a_session_that_went_away_signs_nobody_in
                a_slow_request_of_before_does_not_reach_the_new_session
            }
            [None] attempts {
                an_attempt_survives_being_stored_as_text
                an_attempt_ends_to_the_millisecond
                an_expired_attempt_leaves_the_old_session_alone
                revoking_supersedes_every_sign_in_that_began_before
                revoking_nobodys_sessions_supersedes_an_attempt_all_the_same
                what_revokes_no_whole_set_supersedes_nothing
                a_sweep_does_not_end_an_open_attempt
            }
            [None] renew {
                without_grace_the_old_token_stops_at_once
                in_its_grace_the_old_token_does_everything
                in_its_grace_the_old_token_ends_the_session
                renewing_again_before_the_new_token_is_used_gives_another
                the_first_use_of_the_new_token_settles_the_renewal
                what_is_no_use_of_the_new_token_does_not_settle_the_renewal
                only_the_first_load_of_a_new_token_is_written_down
                two_renewals_at_once_leave_both_clients_with_a_token_that_works
                a_grace_of_more_than_a_day_is_refused
                what_has_ended_is_not_renewed
            }
            [None] renew_if_due {
                a_token_is_due_at_its_age
                requests_that_come_at_once_get_one_new_token_between_them
                a_new_token_that_was_used_settles_it
                what_has_ended_is_not_due
                many_requests_that_renew_at_once_all_go_on
            }
            [None] reuse {
                using_an_old_token_again_ends_nothing_by_itself
                a_suspected_theft_ends_the_session_whoever_holds_it
                a_thief_who_renews_meanwhile_does_not_get_away
                of_two_renewals_at_once_without_grace_one_has_the_token
            }
            [None] sign_out {
                a_signed_out_token_is_worth_nothing_on_any_host
                signing_out_ends_one_session_only
                signing_out_does_not_mind_a_change_under_way
                a_renewal_does_not_beat_a_sign_out
                a_sign_out_that_is_always_overtaken_is_an_error
                two_sign_outs_at_once_end_the_session
                a_sign_out_that_failed_is_an_error
            }
            [None] tokens {
                a_list_tells_the_sessions_last_seen_first
                more_sessions_than_a_page_are_listed_and_revoked
                pages_hold_every_session_once
                a_set_contains_its_own_tokens_only
                a_shown_id_revokes_within_its_subjects_set_only
                a_shown_id_ends_the_session_though_it_was_renewed_since
                revoking_the_others_keeps_the_one_whose_token_it_is
                revoking_the_others_of_a_token_elsewhere_ends_all
                removing_a_token_ends_its_session_and_no_other
                a_renewal_does_not_save_a_token_from_being_removed
            }
            [None] caps {
                a_cap_holds_when_many_sign_in_at_once
                who_gives_way_is_who_the_policy_names
                expired_sessions_do_not_count_for_the_cap
                a_cap_that_was_lowered_holds_from_the_next_sign_in
                a_cap_counts_the_sessions_of_one_user_only
                there_is_a_cap_by_default
            }
            [None] external {
                an_external_token_is_a_member_like_any_other
                an_external_token_is_never_adopted_nor_native
                the_same_external_token_of_two_users_is_two_members
                an_external_token_joins_the_set_it_was_made_for_only
                external_tokens_count_for_the_cap_and_end_with_all
                external_tokens_are_any_bytes_within_the_limit
            }
            [None] external_again {
                adding_an_external_token_again_makes_a_new_session
                a_late_request_of_before_does_not_reach_a_token_added_again
                an_adding_that_is_always_overtaken_is_given_up
                a_revocation_supersedes_a_token_that_is_being_added
                adding_an_external_token_supersedes_no_attempt
            }
            [None] external_lost_answers {
                adding_survives_lost_answers
                a_lost_refusal_adds_nothing
                a_lost_answer_does_not_add_again_what_was_revoked_meanwhile
                a_lost_answer_does_not_add_again_over_a_later_change
                adding_on_two_hosts_at_once_makes_one_session
            }
            [None] everyone {
                everybodys_sessions_end
                more_sessions_than_a_page_all_end
                a_session_of_the_same_millisecond_ends
                ending_everybody_goes_on_where_it_failed
                a_cursor_that_is_always_lost_comes_to_an_end
            }
            [None] everyone_meanwhile {
                sessions_that_begin_meanwhile_live
                older_sessions_among_pages_of_newer_ones_end
                no_session_gets_away_by_changing_its_token
                sessions_that_end_by_themselves_meanwhile_are_no_failure
                nothing_of_before_is_left_while_many_sign_in_and_out
            }
            [None] map {
                two_requests_that_set_different_keys_both_win
                a_change_that_was_merged_is_not_made_again
                keys_that_mean_something_elsewhere_are_keys
                a_map_without_changes_writes_nothing
                merging_into_a_session_that_has_ended_creates_nothing
                values_come_back_as_they_were
            }
            [None] codecs {
                every_codec_brings_the_data_back
                records_of_another_codec_are_read_and_written_back_by_the_new_one
                the_map_is_read_and_merged_in_every_codec
                a_codec_that_is_not_built_in_is_told_and_shuts_nobody_in
            }
            [None] moved_on {
                data_of_last_years_type_are_told_apart_and_kept
                what_needs_no_data_works_without_decoding_them
                another_user_signs_in_over_data_that_do_not_decode
                a_migration_reads_what_last_years_type_wrote
            }
            [None] damage {
                a_damaged_record_is_told_and_kept
                a_damaged_record_can_be_ended_in_every_way
                a_damaged_visitors_record_ends_with_everybodys
                a_lost_set_ends_its_sessions
            }
            [None] outage {
                a_store_that_is_down_is_an_error_and_never_absent
                a_short_blip_is_not_noticed
                the_number_of_tries_is_a_setting
                a_call_that_fails_leaves_everything_as_it_was
            }
            [None] lost_answers {
                a_change_is_made_once_whatever_goes_wrong_in_passing
                a_change_that_fails_is_made_once_or_not_at_all
                a_change_by_another_after_a_lost_answer_is_not_taken_for_a_conflict
                an_ending_after_a_lost_answer_is_not_undone_by_the_retry
                an_outage_after_a_lost_answer_is_an_unknown_outcome
                what_cannot_succeed_is_not_tried_again
                a_write_is_not_tried_again_after_minutes
                a_sign_out_is_done_whatever_goes_wrong_in_passing
            }
            [None] lost_sign_ins {
                a_sign_in_leaves_one_session_whatever_goes_wrong_in_passing
                a_sign_in_that_fails_signs_nobody_in_unless_it_says_unknown
                a_renewal_keeps_the_session_whatever_goes_wrong
                a_revocation_that_answers_has_ended_everything
                a_lost_answer_at_the_cap_evicts_once
            }
            [None] dropped {
                a_change_that_is_dropped_is_made_once_or_not_at_all
                a_sign_in_that_is_dropped_leaves_nothing_out_of_reach
                an_ending_that_is_dropped_ends_all_or_nothing
                a_renewal_that_is_dropped_can_be_made_again
                an_external_token_whose_adding_is_dropped_can_be_added_again
                ending_everybody_can_be_dropped_and_made_again
            }
            [None] races {
                no_change_is_lost_across_a_sign_in
                one_of_many_equal_sign_ins_signs_in
                revoking_all_ends_all_that_was_there_while_many_sign_in
                a_sign_out_ends_a_session_that_is_in_use_everywhere
                many_renewals_at_once_leave_one_session_that_all_tokens_open
            }
            [None] peers_resurrection {
                nothing_that_is_done_after_a_sign_out_brings_the_session_back
                nothing_that_is_done_to_a_session_that_is_over_brings_it_back
                a_slow_request_does_not_undo_a_sign_out
                a_slow_request_from_before_a_login_does_not_undo_it
                a_second_host_does_not_serve_what_the_first_has_ended
                a_renewal_does_not_outlive_a_revocation
            }
            [None] peers_index {
                expired_sessions_leave_nothing_behind
                a_session_remembered_for_90_days_is_revocable_after_80
                a_login_between_the_list_and_the_revocation_does_not_escape
                a_subject_is_not_a_pattern
            }
            [None] peers_time {
                an_expired_session_is_not_served_before_it_is_swept
                a_user_who_only_reads_stays_signed_in
                a_user_who_does_nothing_is_signed_out
            }
        }
    };
}

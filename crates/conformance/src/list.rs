//! The list of the cases: the one place where they stand.
//!
//! The tests that [`conformance!`](crate::conformance) emits and the registry of
//! [`cases`](crate::cases()) are both made of it. A case that is not on it is never run: a test of
//! this crate looks for such.

/// Hands the list of the cases to another macro of this crate, after its arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_case {
    ($then:ident! $args:tt) => {
        $crate::$then! {
            $args
            [Some(1)] rule_01_no_resurrection {
                late_update_never_creates
                late_touch_never_creates
                late_renew_never_creates
                late_create_is_refused
                an_anonymous_session_stays_dead
                an_old_id_in_grace_dies_with_the_session
                nothing_survives_a_race_with_delete
                an_ending_is_remembered_for_its_time
                what_was_ended_says_since_when
            }
            [Some(2)] rule_02_no_lost_update {
                the_second_update_from_a_revision_conflicts
                an_update_from_a_later_revision_conflicts
                one_update_is_saved_for_each_revision
                a_shared_counter_loses_no_step
                a_touch_loses_no_update
                a_renewal_loses_no_update
                a_sign_in_replaces_what_it_read
                a_deletion_at_an_old_revision_conflicts
                an_update_racing_a_sign_in_is_carried_or_refused
            }
            [Some(3)] rule_03_revoke_means_all {
                every_session_ends_everywhere
                all_but_one_leaves_that_one
                all_but_a_stranger_is_all
                a_sign_in_that_began_before_is_superseded
                a_sign_in_that_began_after_completes
                an_empty_set_supersedes_too
                an_unknown_generation_is_superseded
                a_generation_never_comes_again
                a_revocation_of_nothing_is_remembered
                no_sign_in_escapes_between
                no_renewal_escapes
            }
            [Some(3)] rule_03_nobody_is_spared {
                a_thousand_sessions_all_end
                all_but_one_of_a_thousand_end
                external_tokens_end_too
            }
            [Some(4)] rule_04_membership_decides {
                listing_and_loading_agree
                membership_follows_a_renewal
                a_lost_set_ends_its_sessions
                a_session_never_rejoins
                a_retry_never_rejoins
                a_lost_session_gives_up_its_id
                a_lost_generation_supersedes
                a_member_without_a_record_is_none
            }
            [Some(5)] rule_05_set_never_rots {
                expired_sessions_are_not_listed_nor_counted
                the_space_of_expired_sessions_comes_back
                the_space_of_ended_sessions_comes_back
                what_lives_is_not_swept
                a_purge_is_bounded
                memories_go_too
                an_index_outlives_a_long_session
            }
            [Some(6)] rule_06_no_fixation {
                an_unknown_id_is_never_adopted
                an_unknown_id_is_not_replaced
                an_id_in_use_is_never_created_over
                a_renewed_id_is_never_created_over
                the_replaced_id_is_dead
                the_replaced_id_is_dead_by_all_its_names
                replaced_is_told_from_ended_for_a_while
                an_ended_id_is_used_again_by_name_only
            }
            [Some(7)] rule_07_caps_hold {
                parallel_sign_ins_evict_the_oldest
                parallel_sign_ins_evict_the_least_recently_seen
                parallel_sign_ins_are_refused
                a_refused_sign_in_writes_nothing
                a_cap_is_one_subjects
                a_lowered_cap_holds_for_a_reauthentication
            }
            [Some(7)] rule_07_who_gives_way {
                the_oldest_goes_first
                the_least_recently_seen_goes_first
                of_equals_the_lowest_id_goes
                what_is_over_does_not_count
                a_late_create_evicts_nobody
                a_lowered_cap_evicts_several
                a_reauthentication_counts_once
                a_reauthentication_above_the_cap_is_let_in
                a_renewed_session_counts_once
            }
            [Some(8)] rule_08_adding_is_idempotent {
                a_retried_create_is_one_session
                a_retried_create_evicts_once
                a_retried_reauthentication_is_one
                parallel_retries_are_one_session
                parallel_creates_of_one_id_make_one
                removing_what_is_absent_is_fine
            }
            [Some(9)] rule_09_times_are_exact {
                the_idle_deadline_is_exact
                the_overall_deadline_is_exact
                short_timeouts_are_exact
                ten_years_are_exact
                nothing_outlives_the_last_instant
                each_session_has_its_own_timeouts
            }
            [Some(10)] rule_10_absent_is_not_broken {
                what_cannot_be_read_is_an_error
                a_create_across_placements_is_invalid
                an_impossible_renewal_is_invalid
                a_lost_cursor_says_so
            }
            [Some(11)] rule_11_nothing_secret_leaks {
                debug_of_the_store_shows_no_session
                errors_show_no_session
                errors_about_damage_show_no_session
            }
            [Some(12)] rule_12_corrupt_is_contained {
                every_damaged_byte_is_found
                every_wrong_length_is_found
                a_record_of_another_id_is_damaged
                what_cannot_be_read_is_listed
                what_cannot_be_read_is_revoked
                what_cannot_be_read_is_revoked_by_its_subject_only
                what_cannot_be_read_is_deleted
                a_member_left_behind_goes
                what_cannot_be_read_is_still_there
            }
            [Some(12)] rule_12_newer_version_is_kept {
                a_newer_version_stays_as_it_is
                what_cannot_be_read_counts_for_the_cap
            }
            [Some(13)] rule_13_names_are_safe {
                every_name_has_a_set_of_its_own
                revoking_one_name_leaves_the_others
                neighbours_do_not_reach_each_other
                a_wrong_subject_is_missing
                awkward_ids_are_only_themselves
            }
            [None] creating {
                a_record_comes_back_whole
                any_data_come_back
                hosts_see_one_another_at_once
                a_read_racing_a_delete_fills_no_cache
                a_session_can_replace_itself
                a_session_that_comes_too_late_is_over
                a_create_that_fails_changes_nothing
            }
            [None] updating {
                an_update_sets_data_and_label
                a_change_with_the_same_checksum_is_saved
                an_update_is_a_use_where_it_says_so
                a_retried_update_is_applied_once
                a_touch_changes_the_last_use_alone
                touches_keep_a_session_until_the_overall_timeout
                a_touch_never_goes_backward
                the_latest_of_many_touches_counts
            }
            [None] renewing {
                a_renewed_session_is_the_same
                without_grace_the_old_id_dies_at_once
                a_used_new_id_is_refused
            }
            [None] renewing_twice {
                a_repeated_renewal_is_renewed
                a_lost_answer_is_renewed_again
                a_used_renewal_is_not_displaced
                a_use_through_the_old_id_confirms_nothing
                after_the_grace_it_is_already_renewed
                one_of_many_renewals_wins
                many_renewals_in_grace_are_one_session
            }
            [None] grace {
                load_takes_the_old_id
                update_takes_the_old_id
                touch_takes_the_old_id
                delete_takes_the_old_id
                revoke_takes_the_old_id
                revoke_spares_by_the_old_id
                create_replaces_by_the_old_id
            }
            [None] grace_ends {
                a_grace_is_exact
                each_old_id_has_its_own_grace
                reuse_is_told_for_a_day
                no_grace_outlives_the_session
                an_old_id_is_followed_so_far
            }
            [None] generation {
                it_stays_the_same
                all_who_begin_together_share_it
                it_is_kept_until_the_attempt_ends
                the_latest_attempt_counts
                an_empty_set_goes_away
                a_member_keeps_the_set
                a_revocation_keeps_the_set_for_its_retry
            }
            [None] ending {
                a_deletion_ends_one_session
                a_subject_need_not_be_known
                a_retried_deletion_is_deleted
                one_of_many_deletions_ends_it
                one_is_revoked_within_its_set_only
                a_retried_revocation_ends_nothing_more
                parallel_revocations_share_the_work
            }
            [None] listing {
                a_listing_tells_what_the_record_holds
                nothing_is_listed_where_nothing_is
                pages_hold_every_member_once
                a_page_is_roughly_as_long_as_asked
                a_member_that_stays_is_listed
                a_scan_skips_nobody
                a_scan_misses_no_renewed_session
                a_scan_survives_what_it_deletes
            }
            [None] dropped_futures {
                a_dropped_create_is_finished_by_its_retry
                a_dropped_update_is_finished_by_its_retry
                a_dropped_renewal_is_finished_by_its_retry
                a_dropped_deletion_is_finished_by_its_retry
                a_dropped_revocation_is_finished_by_its_retry
                a_dropped_read_changes_nothing
            }
            [None] reopening {
                sessions_are_still_there
                endings_are_still_known
                generations_are_still_known
                renewals_are_still_known
                a_purge_finds_what_expired_before
            }
        }
    };
}

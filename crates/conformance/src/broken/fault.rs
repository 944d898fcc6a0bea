//! The faults, one line each: what such a store does wrong.

/// Makes the enum and its tables of one list.
macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident($rule:expr),)*) => {
        /// What a broken store does wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$fault),*];

            /// The number of the rule that it breaks; none where it breaks what an operation
            /// promises.
            #[must_use]
            pub const fn rule(self) -> Option<u8> {
                match self {
                    $(Self::$fault => $rule,)*
                }
            }
        }
    };
}

faults! {
    /// Looks whether an id is free and stores under it later: two that look at the same time both get it.
    ChecksThenInserts(Some(8)),
    /// Counts the members and joins them later: many that count at the same time all find room.
    CountsThenInserts(Some(7)),
    /// Knows no cap.
    IgnoresTheCap(Some(7)),
    /// Counts members that are over for the cap, until they are swept.
    CountsTheExpired(Some(7)),
    /// Counts members for the cap whose record is gone.
    CountsTheLost(Some(7)),
    /// Evicts somebody for a session that is over as it comes.
    MakesRoomForTheDead(Some(7)),
    /// Reports that it evicted a session, and leaves it alive.
    EvictsInNameOnly(Some(7)),
    /// Evicts who came last.
    EvictsTheNewest(Some(7)),
    /// Of equals, evicts the highest id.
    EvictsTheHighestOfEquals(Some(7)),
    /// Evicts by last use where age was asked for, and the other way round.
    MixesUpEvictions(Some(7)),
    /// Counts everybody's sessions for the cap, and those of visitors.
    CapsTheWholeStore(Some(7)),
    /// Counts an old id in grace for the cap, beside its session.
    CountsOldIds(Some(7)),
    /// Counts a session once more for the cap when its create is retried.
    CountsRetriesOnceMore(Some(7)),
    /// Looks at no cap where one session takes the place of another.
    ReplacesAboveTheCap(Some(7)),
    /// Refuses to let one session take the place of another above a cap that was lowered.
    RefusesReauthenticationAboveTheCap(Some(7)),
    /// Evicts, and does not say whom.
    ReportsNoEvictions(Some(7)),
    /// Stores a new session over one that lives.
    CreatesOverWhatLives(Some(6)),
    /// Stores a new session under an id that was renewed.
    CreatesOverRenewed(Some(6)),
    /// Stores a new session over a record that it cannot read.
    CreatesOverTheUnreadable(Some(12)),
    /// Uses an ended id again for whoever names any ending of it.
    CreatesOverAnyEnding(Some(6)),
    /// Never uses an ended id again, not even for who names its ending.
    CreatesOverNoEnding(Some(6)),
    /// Leaves what a session came over where it is, when that session came after its own deadline.
    TheLateReplaceNothing(None),
    /// Says that a duplicate was created, and drops its data. Seen in pavex on SQLite.
    DropsDuplicates(Some(6)),
    /// Refuses the retry of a create as a duplicate.
    RefusesRetriedCreates(Some(8)),
    /// Does not tell the retry of a create from the first try.
    TakesRetriedCreatesForNew(Some(8)),
    /// Lets a sign-in complete that began before a revocation. Seen in better-auth.
    IgnoresTheGeneration(Some(3)),
    /// Asks for no generation where it has none to compare with.
    NeedsAGenerationOfItsOwn(Some(3)),
    /// Leaves the session alive that a sign-in replaces.
    KeepsWhatIsReplaced(Some(6)),
    /// Replaces a session that has moved on.
    ReplacesAnyRevision(Some(2)),
    /// Signs in over a session that is not there.
    ReplacesTheAbsent(Some(6)),
    /// Evicts before it has read what is replaced: where that fails, half of it is done.
    EvictsBeforeItReads(Some(10)),
    /// Creates the new session, and ends the old one later.
    ReplacesInTwoSteps(Some(7)),
    /// Keeps timeouts in whole seconds. Seen in most stores over Redis.
    RoundsTimeoutsUp(Some(9)),
    /// Keeps data as text, and mends what is none.
    KeepsDataAsText(None),
    /// Does not store the label.
    LosesTheLabel(None),
    /// Stores a session away from its token set.
    AcceptsInvalidInput(Some(10)),
    /// Looks for a generation and writes one later: those who begin together are given different ones.
    BeginsInTwoSteps(Some(3)),
    /// Draws a new generation for every sign-in that begins.
    BeginsAnew(Some(3)),
    /// Forgets a generation as soon as the set is empty.
    KeepsNoEmptySet(Some(3)),
    /// Never lets go of an empty set.
    KeepsEmptySetsForever(Some(5)),
    /// Forgets at once which write revoked a set.
    KeepsNoRevokedSet(Some(3)),
    /// Keeps a set for the first sign-in that began, not for the latest.
    KeepsSetsForTheFirstAttempt(Some(3)),
    /// Counts generations, from zero again once the set has gone away.
    CountsGenerationsFromZero(Some(3)),
    /// Serves what is over until it is swept. Seen in tower-sessions.
    ServesTheExpired(Some(9)),
    /// Answers from a cache that other hosts do not empty. Seen in tower-sessions and Django.
    CachesReads(Some(1)),
    /// Fills its cache with what was read before a deletion. Seen in tower-sessions and ruts.
    FillsItsCacheLate(Some(1)),
    /// Makes a session of an id that somebody presents. Seen in axum_session and koa-generic-session.
    AdoptsUnknownIds(Some(6)),
    /// Ends a session because its old id is used.
    ReuseEndsTheSession(None),
    /// Puts what it could not read into the error.
    ErrorsShowTheSession(Some(11)),
    /// Shows its sessions in its debug output.
    ShowsItsSessions(Some(11)),
    /// Says that a session is not there when it could not be read. Seen in axum_session.
    TakesErrorsForAbsent(Some(10)),
    /// Saves what is not there. Seen in actix-session, and in tower-sessions' stores.
    SavesTheMissing(Some(1)),
    /// Updates whatever record is left, over or not.
    UpdatesTheExpired(Some(1)),
    /// Saves whichever update comes last. Seen in every session library for Rust.
    LastWriteWins(Some(2)),
    /// Compares the revision and writes later: two that compare at the same time both save.
    ChecksThenWrites(Some(2)),
    /// Saves an update from a revision that was never there.
    AcceptsAnyLaterRevision(Some(2)),
    /// Applies the retry of an update once more.
    AppliesRetriesTwice(Some(2)),
    /// Writes no data whose checksum is that of the data before. Seen in koa-generic-session.
    DetectsChangesByChecksum(Some(2)),
    /// Tells the retry of an update that it conflicts with itself.
    RefusesRetriedUpdates(Some(2)),
    /// Writes the revision first and the data later: who stops between leaves half.
    UpdatesInTwoSteps(Some(2)),
    /// Ignores the label of an update.
    KeepsTheFirstLabel(None),
    /// Has no label for a session without a subject when it updates.
    UpdateDropsVisitorsLabels(None),
    /// Moves the idle deadline with every update.
    EveryUpdateIsAUse(None),
    /// Moves the idle deadline with no update.
    NoUpdateIsAUse(Some(9)),
    /// Does not look whose session it is.
    TakesAnySubject(Some(13)),
    /// Revives what is over and not swept yet.
    TouchRevivesTheExpired(Some(1)),
    /// Makes a session for a touch that finds none.
    TouchCreatesTheMissing(Some(1)),
    /// Writes back the whole record that it read before. Seen in Koa and Express.
    TouchWritesTheWholeRecord(Some(2)),
    /// Takes the record out and puts it back later: who stops between loses it.
    TouchTakesTheRecordOut(None),
    /// Counts only writes as activity. Seen in koa-generic-session and tower-sessions.
    TouchDoesNothing(Some(9)),
    /// Moves the idle deadline back where clocks differ.
    TouchGoesBackward(Some(9)),
    /// Lets a session that is used live on for ever.
    TouchMovesTheOverallTimeout(Some(9)),
    /// Makes an update conflict with a mere touch.
    TouchCountsARevision(Some(2)),
    /// Does not note that a renewed session was used.
    UseConfirmsNothing(None),
    /// Takes a use through the old id for a use of the new one.
    OldIdConfirms(None),
    /// Renews what has ended. Seen in pavex.
    RenewsTheMissing(Some(1)),
    /// Ends the old id first and makes the new one later: who stops between loses the session.
    RenewsInTwoSteps(None),
    /// Looks at the old id and renews it later: two that look at the same time both have a session.
    ChecksThenRenews(None),
    /// Writes the record that it read before the renewal, without what came between.
    RenewsACopy(Some(2)),
    /// Renews to an id that is in use.
    RenewsOverWhatIsThere(Some(6)),
    /// Does not know a renewal that is repeated.
    RefusesRetriedRenewals(None),
    /// Locks out a client that lost the answer of a renewal.
    RefusesASecondRenewal(None),
    /// Takes the renewal itself for a use of the new id.
    RenewalConfirms(None),
    /// Moves the idle deadline with a renewal.
    RenewalIsAUse(Some(9)),
    /// Leaves the old id in the set.
    RenewLeavesTheMember(Some(5)),
    /// Takes the old id out of the set, and does not put the new one in.
    RenewLosesTheMember(Some(4)),
    /// Knows no grace.
    KeepsNoOldId(None),
    /// Lets the old id work for a day whatever its grace.
    KeepsTheOldIdForever(Some(6)),
    /// Lets the old id work for a minute longer than its grace.
    StretchesTheGrace(Some(9)),
    /// Takes the grace of the last renewal for that of all.
    TakesTheLastGrace(None),
    /// Forgets the grace of an old id when it loads.
    LoadForgetsTheGrace(None),
    /// Forgets the grace of an old id when it updates.
    UpdateForgetsTheGrace(None),
    /// Forgets the grace of an old id when it touches.
    TouchForgetsTheGrace(None),
    /// Forgets the grace of an old id when it deletes.
    DeleteForgetsTheGrace(None),
    /// Forgets the grace of an old id when it revokes.
    RevokeForgetsTheGrace(None),
    /// Forgets the grace of an old id when a sign-in replaces it.
    CreateForgetsTheGrace(None),
    /// Follows an old id through one renewal, and no further.
    FollowsOneRenewal(None),
    /// Forgets an old id as soon as its grace is over.
    ForgetsReuse(None),
    /// Ends a session without a trace, so that a late retry makes it again.
    KeepsNoMemoryOfEndings(Some(1)),
    /// Remembers for a minute only that an id has ended.
    ForgetsEndingsEarly(Some(1)),
    /// Never forgets an id.
    RemembersForever(Some(5)),
    /// Does not tell what was ended from what never was.
    CallsEndedAbsent(Some(1)),
    /// Says whenever it is asked that a session has ended just now.
    CallsEndedJustNow(Some(1)),
    /// Does not tell that a sign-in took the place of a session.
    CallsReplacedEnded(Some(6)),
    /// Says whenever it is asked that a sign-in has taken the place of a session just now.
    CallsReplacedJustNow(Some(6)),
    /// Says of every ended session that a sign-in took its place.
    CallsEndedReplaced(None),
    /// Deletes a session that has moved on.
    DeletesAnyRevision(Some(2)),
    /// Says that it deleted what was not there.
    DeletesTheMissing(None),
    /// Looks whether a session is there and deletes it later: all who look have deleted it.
    ChecksThenDeletes(None),
    /// Takes a session out of its set for a while before it ends it.
    DeletesInTwoSteps(Some(4)),
    /// Looks whether a session is there and revokes it later: all who look say that they ended it.
    ChecksThenRevokes(None),
    /// Does not know the retry of a deletion.
    RefusesRetriedDeletions(None),
    /// Deletes nothing whose subject is not known.
    DeleteNeedsTheSubject(Some(12)),
    /// Leaves a deleted session in its set.
    DeleteLeavesTheMember(Some(5)),
    /// Lists who is there and ends these: who signs in between escapes.
    RevokesInTwoSteps(Some(3)),
    /// Ends what fits on a page, and reports the whole set.
    RevokesOnlyAPage(Some(3)),
    /// Leaves the sessions alive that were renewed, and reports them with the others.
    RevokeSparesTheRenewed(Some(3)),
    /// Spares the tokens that somebody else issued when the other sessions of a set are revoked.
    SparesExternalTokens(Some(3)),
    /// Revokes sessions, and no sign-in that is under way.
    RevokeKeepsTheGeneration(Some(3)),
    /// Supersedes sign-ins when one session is revoked.
    RevokingOneSupersedes(Some(3)),
    /// Revokes nothing, not even the generation, where no session is there. Seen in better-auth.
    NothingToRevokeIsNothing(Some(3)),
    /// Does not remember a revocation that found no set, and ends what came after for its retry.
    ForgetsRevocationsOfNothing(Some(3)),
    /// Revokes once more for a retry, and ends what came after.
    RepeatsRevocations(Some(1)),
    /// Revokes nobody where the session to be kept is not there.
    RevokesNobodyForAStranger(Some(3)),
    /// Revokes the session to be kept as well.
    OthersAreAll(Some(3)),
    /// Revokes any session for whoever names its id.
    RevokesForAnyone(Some(13)),
    /// Takes an id for a pattern: stars reach every id of the set.
    TakesIdsForPatterns(Some(13)),
    /// Revokes a record that it cannot read for whoever names its id.
    RevokesTheUnreadableForAnyone(Some(12)),
    /// Leaves a revoked session in its set.
    RevokeLeavesTheMember(Some(5)),
    /// Reports what ended in any order.
    ReportsInAnyOrder(None),
    /// Lets a session that has lost its set keep its id for as long as it would have lived.
    KeepsTheIdOfTheLost(Some(4)),
    /// Puts a session back that has lost its set, for the retry of the create that made it.
    RetriesRejoin(Some(4)),
    /// Ends a session by taking it out of its set, and serves the record that is left.
    EndsInTheSetAlone(Some(4)),
    /// Serves sessions that their set does not hold.
    ChecksNoMembership(Some(4)),
    /// Keeps an index for two weeks. Seen in Spring Session.
    ForgetsMembersInTwoWeeks(Some(5)),
    /// Lists members until they are swept. Seen in better-auth.
    ListsTheExpired(Some(5)),
    /// Counts sessions until they are swept.
    CountsWhatIsOver(Some(5)),
    /// Counts its keys for sessions.
    CountsItsKeys(Some(5)),
    /// Lists nothing that it cannot read.
    ListsOnlyTheReadable(Some(12)),
    /// Lists sessions without their labels.
    ListsNoLabels(None),
    /// Lists a session as authenticated when it was created.
    ListsNoReauthentication(None),
    /// Ends every listing after a page.
    ShowsOnlyTheFirstPage(None),
    /// Lists every session twice.
    ShowsMembersTwice(None),
    /// Begins a page after so many entries, and skips one for each that went away.
    PagesByPosition(None),
    /// Ends a page of a scan between the sessions of one placement, whose ids may change.
    PagesCutPlacements(None),
    /// Lists everything at once.
    PagesHaveNoLimit(None),
    /// Takes a cursor that means nothing for a bug of its own.
    LosesItsCursors(Some(10)),
    /// Never gives space back.
    PurgesNothing(Some(5)),
    /// Sweeps a record and leaves its member. Seen wherever keys expire by themselves.
    PurgeLeavesTheMember(Some(5)),
    /// Sweeps everything in one call.
    PurgesWithoutLimit(Some(5)),
    /// Always says that more went.
    PurgesWithoutEnd(Some(5)),
    /// Sweeps what will be over soon.
    PurgesADayEarly(Some(5)),
    /// Tells the engine when a session will be over as it is created, and not when it is touched.
    LetsTheEngineSweepTheTouched(Some(9)),
    /// Sweeps records that a newer version wrote.
    PurgesNewerVersions(Some(12)),
    /// Takes a damaged record for none.
    TakesDamagedForAbsent(Some(10)),
    /// Takes a damaged record for one of a newer version.
    TakesDamagedForNewer(Some(12)),
    /// Serves a record without looking at its checksum.
    ServesDamaged(Some(12)),
    /// Takes a record of a newer version for none.
    TakesNewerForAbsent(Some(10)),
    /// Takes a record of a newer version for a damaged one.
    TakesNewerForDamaged(Some(10)),
    /// Writes over a record of a newer version.
    WritesOverNewer(Some(12)),
    /// Deletes nothing that it cannot read.
    CannotDeleteTheUnreadable(Some(12)),
    /// Revokes nothing that it cannot read.
    CannotRevokeTheUnreadable(Some(12)),
    /// Keeps time in whole seconds.
    RoundsToSeconds(Some(9)),
    /// Has sessions that no time ends.
    TheLastInstantNeverComes(Some(9)),
    /// Keeps one token set for everybody.
    SharesOneSet(Some(13)),
    /// Names a token set by its placement alone.
    KeysSetsByPlacement(Some(13)),
    /// Cuts a name at a NUL, as C does.
    CutsNamesAtNul(Some(13)),
    /// Cuts a name at a colon, as keys are joined with it. Seen in Spring Session.
    CutsNamesAtColons(Some(13)),
    /// Takes names for the same that differ in case.
    IgnoresCase(Some(13)),
    /// Takes names for the same that differ in white space.
    TrimsNames(Some(13)),
    /// Cuts names that are long.
    CutsLongNames(Some(13)),
    /// Revokes everybody whose name begins alike. Seen in connect-redis.
    MatchesPrefixes(Some(13)),
    /// Forgets its sessions in a restart, and not that they were.
    LosesSessionsAtReopening(None),
    /// Forgets in a restart which ids have ended.
    LosesMemoriesAtReopening(Some(1)),
    /// Draws new generations in a restart.
    LosesGenerationsAtReopening(Some(3)),
    /// Forgets in a restart what is over when.
    LosesTheIndexAtReopening(Some(5)),
}

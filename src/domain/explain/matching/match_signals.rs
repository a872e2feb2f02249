//! The signs that a record belongs to a failure, and what they add up to.

use std::collections::BTreeSet;

use super::super::cause::Confidence;

/// One sign, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum MatchSignal {
    /// The record's request id is in what is said of the failure.
    RequestId,
    /// The reason names the action, the caller and the resource that the record says were denied.
    SameDenial,
    /// The resource's own function or task called.
    OwnCaller,
    /// The call is named in what is said of the failure.
    SameAction,
    /// The error message stands in what is said of the failure.
    SameText,
    /// Names the resource.
    NamesResource,
    /// It is named by what only a property of an unlisted type says that it is called: others may be called so, too.
    NamesByProperty,
    /// Has a name that CloudFormation made for the resource.
    GeneratedName,
    /// It is a call that the handler of the resource's type makes.
    HandlersCall,
    /// Makes the role of the resource's service.
    ServicesRole,
    /// Names what the resource's properties say it uses.
    NamesWhatItUses,
    /// Names what the resource's properties, or what its stacks made, are called.
    NamesKnown,
    /// Names what the resource's properties name and others may use as well: a network, a cluster, an image, a role.
    NamesShared,
    /// The error is of the kind that the reason speaks of.
    SameKind,
    /// The call went to the service of the resource's type.
    ServiceFits,
    /// This stack's CloudFormation session called.
    CloudFormation,
    /// The service of the resource's type called for CloudFormation.
    OnBehalf,
    /// A role that the resource's properties name called.
    SettingRole,
    /// CloudFormation called, perhaps for another stack.
    SomeCloudFormation,
    /// A role that this stack made called.
    StackRole,
    /// A function of the stack called that may stand behind the resource.
    MayStandBehind,
    /// Within the resource's own time.
    InWindow,
    /// A permission was missing.
    Denied,
    /// The call failed.
    Failed,
    /// The call only reads.
    OnlyReads,
    /// What it asked for was not there.
    NotFound,
    /// What it wanted was there before.
    AlreadyThere,
    /// There were too many calls.
    Throttled,
    /// Another resource of the type was worked on at that time, and the call names neither.
    Rival,
    /// Names something, and nothing says that this is the resource.
    NamesUnknown,
    /// With the rights of whoever began the operation, which are no role that stacks share.
    ByWhoBegan,
    /// It names nothing, and the same caller made such calls for others in that minute.
    OthersThen,
    /// Its record does not say what was asked for.
    AsksNothing,
    /// All that it names is strange here.
    NamesStrange,
    /// The same, and the properties of the resource are known.
    NamesNoneOfIts,
    /// It was denied on what AWS gives to everybody: a document, a policy of its own.
    OnEverybodys,
    /// The function went on, and ended in an error that speaks of something else.
    Overtaken,
    /// The function ended of a fault in its own program, to which a refused write does not lead.
    EndedOtherwise,
    /// A later call of the same operation on the same thing succeeded.
    LivedWith,
    /// The work went on past it.
    WentOn,
    /// CloudFormation could not look at something, and the failure came long after, and speaks of no denial.
    ReadLongBefore,
    /// The log says that the program went on past it.
    SaidToGoOn,
    /// The work went on past it, and ended in an error that speaks of something else and misses nothing.
    WorkedPast,
    /// It reports how the program runs, beside its work: a trace, a metric.
    Reports,
    /// It reads tags, which programs do on the way.
    ReadsTags,
    /// It asks for all there is of something in the account, which tools do on the way.
    LooksAround,
    /// The service's own task looks at ECS, which runs it.
    LooksAtRunner,
    /// The failure's own words name another call than this one of the resource's own program.
    OtherCall,
    /// A service made it for the resource's own program, and the failure's words speak of what it called.
    PartOfCall,
    /// ECS says what kept the service's tasks from starting, and it is not this.
    KeptFromStarting,
    /// It makes a thing of the type, and the resource had been made before.
    MadeBefore,
    /// It makes a thing of the type, and nothing but the stack's event says that the resource had been made before.
    PerhapsMadeBefore,
    /// Its task was stopped since it failed its health checks, and nothing says that it ended of this.
    StoppedUnhealthy,
    /// The function is refused it evenly, for longer than any invocation is.
    Routine,
    /// The session of a task or an instance went on to other calls, and was refused another one later.
    LeftBehind,
    /// The function fared well long after it, and ended in something else.
    LongPast,
    /// The function's run ended well, long before the failure.
    EndedWell,
    /// Others call under that role as well.
    SharedRole,
    /// The stack did not make the role, and what was denied under it is a thing that nothing of the resource names.
    NobodysThing,
    /// A function called that works for another custom resource.
    WorksForAnother,
    /// Its function's log tells that the call was made in another invocation.
    OtherInvocation,
    /// Another invocation of its function ran at the time, and nothing tells the two apart.
    EitherInvocation,
    /// The answer to CloudFormation points to the log of another function than the one that called.
    OtherFunction,
    /// Names another stack or another resource.
    NamesAnother,
    /// The reason names another action, another caller or another resource of the denial.
    OtherDenial,
    /// The reason names the request that failed, and this was another one to the same service.
    OtherRequest,
    /// The reason tells an error, and the words of this one are others.
    OtherWords,
    /// Made after the failure.
    Afterwards,
    /// The reason itself says what was wrong.
    ReasonTells,
    /// The reason names a kind of error, and the record is of another.
    OtherKind,
}

/// The signs between one record and one failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MatchSignals(BTreeSet<MatchSignal>);

impl MatchSignals {
    pub(crate) fn add(&mut self, sign: MatchSignal) {
        self.0.insert(sign);
    }

    pub(crate) fn add_if(&mut self, holds: bool, sign: MatchSignal) {
        if holds {
            self.0.insert(sign);
        }
    }

    pub(crate) fn has(&self, sign: MatchSignal) -> bool {
        self.0.contains(&sign)
    }

    /// Leaves these out of account.
    pub(crate) fn remove(&mut self, signs: &[MatchSignal]) {
        self.0.retain(|sign| !signs.contains(sign));
    }

    /// CloudFormation called, for this stack or for one that is not told.
    pub(crate) fn is_by_cloudformation(&self) -> bool {
        self.any(&[MatchSignal::CloudFormation, MatchSignal::SomeCloudFormation])
    }

    fn any(&self, signs: &[MatchSignal]) -> bool {
        signs.iter().any(|sign| self.has(*sign))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = MatchSignal> {
        self.0.iter().copied()
    }

    /// The written rules: see the table in [`super`].
    pub(crate) fn confidence(&self) -> Confidence {
        use MatchSignal as S;
        if self.has(S::RequestId) && !self.has(S::StoppedUnhealthy) {
            return Confidence::Certain;
        }
        if self.is_out_of_question() {
            return Confidence::Low;
        }
        if self.has(S::SameDenial) {
            // The same was refused again; whether for this very failure its request does not say.
            return if self.has(S::OtherRequest) {
                Confidence::High
            } else {
                Confidence::Certain
            };
        }
        // What is tried again has another request id each time, and names the resource and says what it said at first.
        let is_again = self.names_its_own() && !self.any(&[S::OtherWords, S::NamesByProperty]);
        if self.is_usual() || (self.has(S::OtherRequest) && !is_again) {
            return Confidence::Low;
        }
        if self.has(S::OtherKind) {
            return Confidence::Low;
        }
        if self.has(S::OwnCaller) {
            return self.of_own_caller();
        }
        if self.has(S::Throttled) && !self.is_spoken_of() {
            return Confidence::Low;
        }
        if self.has(S::CloudFormation) {
            self.of_cloudformation()
        } else if self.has(S::SettingRole) {
            self.of_setting_role()
        } else if self.has(S::SomeCloudFormation) {
            self.of_some_cloudformation()
        } else if self.has(S::StackRole) {
            self.of_stack_role()
        } else {
            Confidence::Low
        }
    }

    /// It did not fail, not then, or is somebody else's.
    fn is_out_of_question(&self) -> bool {
        use MatchSignal as S;
        !self.has(S::Failed)
            || !self.has(S::InWindow)
            || self.any(&[
                S::NamesAnother,
                S::OtherDenial,
                S::Afterwards,
                S::WorksForAnother,
                S::MadeBefore,
            ])
    }

    /// Handlers and functions get such errors all the time, and nobody speaks of this one.
    fn is_usual(&self) -> bool {
        use MatchSignal as S;
        if self.has(S::NotFound) && !(self.has(S::SameText) || self.spoken_not_found()) {
            return true;
        }
        if self.has(S::LivedWith) && !self.has(S::SameText) {
            return true;
        }
        if self.has(S::KeptFromStarting) && !self.agrees() {
            return true;
        }
        // A service's role is made once for the whole account, and whoever comes second is told so.
        self.has(S::AlreadyThere)
            && !self.has(S::SameText)
            && (self.has(S::ServicesRole) || !self.is_spoken_of())
    }

    /// The failure's own words speak of this very call or error.
    pub(crate) fn agrees(&self) -> bool {
        self.any(&[MatchSignal::SameText, MatchSignal::SameAction])
    }

    fn is_spoken_of(&self) -> bool {
        self.any(&[
            MatchSignal::SameText,
            MatchSignal::SameAction,
            MatchSignal::SameKind,
        ])
    }

    fn is_named(&self) -> bool {
        self.any(&[MatchSignal::NamesResource, MatchSignal::GeneratedName])
    }

    /// It names the resource, or what only that uses.
    pub(crate) fn names_its_own(&self) -> bool {
        self.is_named() || self.has(MatchSignal::NamesWhatItUses)
    }

    fn of_own_caller(&self) -> Confidence {
        use MatchSignal as S;
        let is_past = self.any(&[
            S::SaidToGoOn,
            S::Routine,
            S::LongPast,
            S::LeftBehind,
            S::EndedWell,
            S::EndedOtherwise,
        ]) || (self.has(S::OtherFunction) && !self.agrees())
            || (self.has(S::WorkedPast) && !self.agrees());
        let looks_aside = self.any(&[S::ReadsTags, S::LooksAtRunner]);
        let is_aside = self.any(&[S::OtherInvocation, S::Reports])
            || (self.has(S::OtherCall) && self.has(S::OnlyReads))
            || ((looks_aside || self.has(S::LooksAround))
                && self.any(&[S::Overtaken, S::WentOn, S::StoppedUnhealthy]));
        if is_past || (is_aside && !self.agrees()) {
            return Confidence::Low;
        }
        let in_doubt = self.any(&[S::WentOn, S::Overtaken, S::EitherInvocation, S::OtherCall]);
        let doubted = (in_doubt || looks_aside) && !self.agrees();
        let retried = self.has(S::Throttled) && !self.is_spoken_of();
        if retried && self.has(S::OnlyReads) {
            return Confidence::Low;
        }
        if doubted || retried || self.has(S::StoppedUnhealthy) {
            Confidence::Medium
        } else {
            Confidence::High
        }
    }

    fn of_cloudformation(&self) -> Confidence {
        use MatchSignal as S;
        if self.agrees() {
            // What services say to everybody says nothing where other things are named.
            return if self.has(S::NamesNoneOfIts) {
                Confidence::Low
            } else {
                Confidence::High
            };
        }
        let spoken_kind = self.has(S::SameKind) && self.has(S::ReasonTells);
        if self.has(S::WentOn) && !spoken_kind && !self.has(S::Denied) {
            return Confidence::Low;
        }
        if self.has(S::OnlyReads) && !spoken_kind && !self.has(S::Denied) {
            return Confidence::Low;
        }
        if self.has(S::ReadLongBefore) {
            return Confidence::Low;
        }
        let by_call = self.any(&[S::HandlersCall, S::ServicesRole]);
        let tied = self.is_named() || (by_call && !self.any(&[S::Rival, S::NamesUnknown]));
        let by_use = self.has(S::NamesWhatItUses) && self.any(&[S::Denied, S::SameKind]);
        // The reason tells an error, and neither in its words nor by its name is this that one.
        let told_otherwise =
            self.has(S::ReasonTells) && !self.has(S::Throttled) && !self.is_named() && !by_use;
        let doubted = self.any(&[S::WentOn, S::PerhapsMadeBefore, S::OnEverybodys])
            || (self.has(S::OnlyReads) && !spoken_kind)
            || told_otherwise;
        // A role, a type and a time are shared with other stacks: something must say that it is this resource's.
        let is_its_own = self.is_named()
            || self.any(&[S::NamesKnown, S::ServicesRole])
            || (self.any(&[S::SameKind, S::ByWhoBegan])
                && (self.has(S::ByWhoBegan) || !self.has(S::AsksNothing))
                && !self.any(&[S::NamesStrange, S::NamesShared, S::OthersThen]));
        // What names only strange things, or nothing while others' calls were made, is as likely theirs.
        let may_be_its = is_its_own || self.has(S::SameKind) || !self.any(&[S::NamesStrange, S::OthersThen]);
        if ((tied && is_its_own) || by_use) && !doubted {
            Confidence::High
        } else if (told_otherwise && self.has(S::OtherWords))
            || (self.has(S::NamesNoneOfIts) && !self.is_spoken_of())
        {
            Confidence::Low
        } else if by_use
            || (may_be_its && (tied || (by_call && !self.has(S::NamesUnknown))))
            || (self.has(S::OnBehalf) && self.has(S::Denied))
        {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }

    fn of_setting_role(&self) -> Confidence {
        use MatchSignal as S;
        let fits = self.is_named() || self.any(&[S::ServiceFits, S::OnBehalf]);
        let unsure = self.has(S::NamesUnknown) && !self.is_named();
        if self.has(S::SharedRole) && !self.agrees() {
            // The role is no tie then; what the call names may be one.
            return if self.is_named() {
                Confidence::Medium
            } else {
                Confidence::Low
            };
        }
        if self.has(S::NobodysThing) && !self.agrees() && !self.has(S::SameKind) {
            return Confidence::Low;
        }
        if self.agrees() || (self.has(S::SameKind) && fits && !unsure) {
            Confidence::High
        } else if fits || self.has(S::SameKind) {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }

    /// That it is not known for which stack CloudFormation called makes nothing surer.
    fn of_some_cloudformation(&self) -> Confidence {
        self.of_unknown_stack().max(self.of_cloudformation())
    }

    fn of_unknown_stack(&self) -> Confidence {
        use MatchSignal as S;
        let by_call =
            self.any(&[S::HandlersCall, S::ServicesRole]) && !self.any(&[S::Rival, S::NamesUnknown]);
        if self.has(S::SameText) || (self.is_named() && self.any(&[S::ServiceFits, S::SameAction])) {
            Confidence::High
        } else if self.has(S::SameAction) || (by_call && self.any(&[S::SameKind, S::Denied])) {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }

    fn of_stack_role(&self) -> Confidence {
        use MatchSignal as S;
        if self.agrees() {
            Confidence::High
        } else if (self.has(S::MayStandBehind) && self.is_named())
            || (self.has(S::SameKind) && self.is_named())
            || (self.has(S::SameKind) && self.has(S::ServiceFits) && !self.has(S::SharedRole))
        {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }

    /// Only service and time speak for it: the sign that is missing is a tie to the resource.
    pub(crate) fn is_untied(&self) -> bool {
        use MatchSignal as S;
        !self.is_named()
            && !self.is_spoken_of()
            && !self.any(&[
                S::RequestId,
                S::OwnCaller,
                S::HandlersCall,
                S::ServicesRole,
                S::NamesWhatItUses,
                S::SettingRole,
            ])
    }

    /// It was denied what the resource uses, by the resource's service in CloudFormation's name or where the failure
    /// speaks of a denial: a part of the call that the failure speaks of.
    pub(crate) fn is_part_of_the_call(&self) -> bool {
        use MatchSignal as S;
        let on_use = self.has(S::CloudFormation) && self.has(S::NamesWhatItUses) && self.has(S::Denied);
        (on_use && self.any(&[S::OnBehalf, S::SameKind]) && !self.has(S::OnlyReads))
            || self.has(S::PartOfCall)
    }

    /// The role of the resource's service was to be made, and that was denied.
    pub(crate) fn is_refused_service_role(&self) -> bool {
        self.has(MatchSignal::ServicesRole) && self.has(MatchSignal::Denied)
    }

    fn spoken_not_found(&self) -> bool {
        self.has(MatchSignal::SameKind)
            && self.has(MatchSignal::ReasonTells)
            && self.any(&[
                MatchSignal::NamesResource,
                MatchSignal::GeneratedName,
                MatchSignal::ServiceFits,
                MatchSignal::OwnCaller,
            ])
    }

    /// The record is of the very error that the failure's own words speak of.
    pub(crate) fn agrees_with_reason(&self) -> bool {
        self.any(&[
            MatchSignal::RequestId,
            MatchSignal::SameDenial,
            MatchSignal::SameAction,
            MatchSignal::SameText,
        ]) || (self.has(MatchSignal::SameKind)
            && self.has(MatchSignal::ReasonTells)
            && self.any(&[MatchSignal::NamesResource, MatchSignal::GeneratedName]))
    }

    /// How strongly the record points at this failure and no other; for comparing failures, and records of
    /// one confidence.
    #[expect(clippy::too_many_lines, reason = "a table: a line a sign")]
    pub(crate) fn points(&self) -> u32 {
        self.iter()
            .map(|sign| match sign {
                MatchSignal::RequestId => 2_000,
                MatchSignal::SameDenial => 400,
                MatchSignal::OwnCaller => 300,
                MatchSignal::SameAction => 160,
                MatchSignal::SameText => 200,
                MatchSignal::NamesResource => 180,
                MatchSignal::GeneratedName => 170,
                MatchSignal::HandlersCall | MatchSignal::ServicesRole => 60,
                MatchSignal::NamesWhatItUses => 55,
                MatchSignal::NamesKnown => 52,
                MatchSignal::NamesShared => 51,
                MatchSignal::SameKind => 50,
                MatchSignal::ServiceFits => 80,
                MatchSignal::CloudFormation | MatchSignal::SettingRole => 40,
                MatchSignal::OnBehalf => 15,
                MatchSignal::SomeCloudFormation | MatchSignal::StackRole | MatchSignal::MayStandBehind => 10,
                MatchSignal::InWindow => 30,
                MatchSignal::Denied => 45,
                MatchSignal::Failed => 20,
                MatchSignal::NamesByProperty
                | MatchSignal::Reports
                | MatchSignal::ReadsTags
                | MatchSignal::LooksAround
                | MatchSignal::LooksAtRunner
                | MatchSignal::PartOfCall
                | MatchSignal::OtherCall
                | MatchSignal::KeptFromStarting
                | MatchSignal::MadeBefore
                | MatchSignal::PerhapsMadeBefore
                | MatchSignal::OnlyReads
                | MatchSignal::NotFound
                | MatchSignal::AlreadyThere
                | MatchSignal::Throttled
                | MatchSignal::Rival
                | MatchSignal::NamesUnknown
                | MatchSignal::OnEverybodys
                | MatchSignal::ByWhoBegan
                | MatchSignal::NamesStrange
                | MatchSignal::NamesNoneOfIts
                | MatchSignal::Overtaken
                | MatchSignal::LivedWith
                | MatchSignal::ReadLongBefore
                | MatchSignal::WentOn
                | MatchSignal::WorkedPast
                | MatchSignal::OthersThen
                | MatchSignal::AsksNothing
                | MatchSignal::SharedRole
                | MatchSignal::NobodysThing
                | MatchSignal::WorksForAnother
                | MatchSignal::SaidToGoOn
                | MatchSignal::Routine
                | MatchSignal::LeftBehind
                | MatchSignal::LongPast
                | MatchSignal::EndedWell
                | MatchSignal::EndedOtherwise
                | MatchSignal::StoppedUnhealthy
                | MatchSignal::OtherInvocation
                | MatchSignal::EitherInvocation
                | MatchSignal::OtherFunction
                | MatchSignal::NamesAnother
                | MatchSignal::OtherDenial
                | MatchSignal::OtherRequest
                | MatchSignal::OtherWords
                | MatchSignal::Afterwards
                | MatchSignal::ReasonTells
                | MatchSignal::OtherKind => 0,
            })
            .sum()
    }
}

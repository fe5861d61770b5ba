//! Kafka's error codes: number, public name, what a client does about it, and a sentence of our own.
//! All 138 codes of Kafka 4.4.0 stand here, -1 to 136 without a gap; the class of each (fatal, retry, stale
//! metadata) is the one the Java client acts on.

use std::fmt;

/// What a client does when it meets the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// The same request would fail again.
    Fatal,
    /// The same request may succeed a little later.
    Retry,
    /// The same request may succeed once the client has fetched fresh metadata.
    Stale,
}

macro_rules! error_codes {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $name:literal, $class:ident, $message:literal;)*) => {
        /// An error code of the protocol.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i16)]
        pub enum ErrorCode {
            $(
                #[doc = $message]
                $(#[$meta])*
                $variant = $code,
            )*
        }

        impl ErrorCode {
            /// Every code, in ascending order.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            const fn facts(self) -> (&'static str, Class, &'static str) {
                match self {
                    $(ErrorCode::$variant => ($name, Class::$class, $message),)*
                }
            }
        }
    };
}

error_codes! {
    UnknownServerError = -1, "UNKNOWN_SERVER_ERROR", Fatal, "an error on the server that has no code of its own";
    #[default]
    None = 0, "NONE", Fatal, "no error";
    OffsetOutOfRange = 1, "OFFSET_OUT_OF_RANGE", Fatal, "the offset lies outside the partition's log";
    CorruptMessage = 2, "CORRUPT_MESSAGE", Retry, "the batch's checksum or shape is wrong";
    UnknownTopicOrPartition = 3, "UNKNOWN_TOPIC_OR_PARTITION", Stale, "no such topic or partition here";
    InvalidFetchSize = 4, "INVALID_FETCH_SIZE", Fatal, "the fetch size is not acceptable";
    LeaderNotAvailable = 5, "LEADER_NOT_AVAILABLE", Stale, "the partition has no leader at the moment";
    NotLeaderOrFollower = 6, "NOT_LEADER_OR_FOLLOWER", Stale, "this broker does not lead, or hold, the partition";
    RequestTimedOut = 7, "REQUEST_TIMED_OUT", Retry, "the request did not finish in its time";
    BrokerNotAvailable = 8, "BROKER_NOT_AVAILABLE", Fatal, "that broker is not up";
    ReplicaNotAvailable = 9, "REPLICA_NOT_AVAILABLE", Stale, "the replica is not available";
    MessageTooLarge = 10, "MESSAGE_TOO_LARGE", Fatal, "the batch is larger than the topic allows";
    StaleControllerEpoch = 11, "STALE_CONTROLLER_EPOCH", Fatal, "the controller has moved on to a newer epoch";
    OffsetMetadataTooLarge = 12, "OFFSET_METADATA_TOO_LARGE", Fatal, "the metadata string beside an offset is too long";
    NetworkException = 13, "NETWORK_EXCEPTION", Stale, "the connection broke before an answer came";
    CoordinatorLoadInProgress = 14, "COORDINATOR_LOAD_IN_PROGRESS", Retry, "the coordinator is still loading its state";
    CoordinatorNotAvailable = 15, "COORDINATOR_NOT_AVAILABLE", Retry, "the coordinator is not available yet";
    NotCoordinator = 16, "NOT_COORDINATOR", Retry, "this broker is not the coordinator asked for";
    InvalidTopicException = 17, "INVALID_TOPIC_EXCEPTION", Fatal, "the topic name is not allowed, or the operation is not allowed on this topic";
    RecordListTooLarge = 18, "RECORD_LIST_TOO_LARGE", Fatal, "the batches are larger than a segment may be";
    NotEnoughReplicas = 19, "NOT_ENOUGH_REPLICAS", Retry, "too few replicas are in sync to accept the write";
    NotEnoughReplicasAfterAppend = 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", Retry, "too few replicas were in sync once the write was in the log";
    InvalidRequiredAcks = 21, "INVALID_REQUIRED_ACKS", Fatal, "acks must be -1, 0 or 1";
    IllegalGeneration = 22, "ILLEGAL_GENERATION", Fatal, "the group has another generation by now";
    InconsistentGroupProtocol = 23, "INCONSISTENT_GROUP_PROTOCOL", Fatal, "the member shares no protocol, or not the protocol type, with the group";
    InvalidGroupId = 24, "INVALID_GROUP_ID", Fatal, "the group id is not valid";
    UnknownMemberId = 25, "UNKNOWN_MEMBER_ID", Fatal, "the group does not know this member";
    InvalidSessionTimeout = 26, "INVALID_SESSION_TIMEOUT", Fatal, "the session timeout lies outside the broker's bounds";
    RebalanceInProgress = 27, "REBALANCE_IN_PROGRESS", Fatal, "the group is rebalancing: join again";
    InvalidCommitOffsetSize = 28, "INVALID_COMMIT_OFFSET_SIZE", Fatal, "the offset commit is too large to store";
    TopicAuthorizationFailed = 29, "TOPIC_AUTHORIZATION_FAILED", Fatal, "not authorized for the topic";
    GroupAuthorizationFailed = 30, "GROUP_AUTHORIZATION_FAILED", Fatal, "not authorized for the group";
    ClusterAuthorizationFailed = 31, "CLUSTER_AUTHORIZATION_FAILED", Fatal, "not authorized for the cluster";
    InvalidTimestamp = 32, "INVALID_TIMESTAMP", Fatal, "a timestamp lies outside the topic's bounds";
    UnsupportedSaslMechanism = 33, "UNSUPPORTED_SASL_MECHANISM", Fatal, "the SASL mechanism is not enabled here";
    IllegalSaslState = 34, "ILLEGAL_SASL_STATE", Fatal, "the request does not fit this point of the SASL exchange";
    UnsupportedVersion = 35, "UNSUPPORTED_VERSION", Fatal, "this version of the request is not supported";
    TopicAlreadyExists = 36, "TOPIC_ALREADY_EXISTS", Fatal, "a topic of this name exists";
    InvalidPartitions = 37, "INVALID_PARTITIONS", Fatal, "the number of partitions is not acceptable";
    InvalidReplicationFactor = 38, "INVALID_REPLICATION_FACTOR", Fatal, "the replication factor is not acceptable";
    InvalidReplicaAssignment = 39, "INVALID_REPLICA_ASSIGNMENT", Fatal, "the replica assignment is not acceptable";
    InvalidConfig = 40, "INVALID_CONFIG", Fatal, "the configuration is not valid";
    NotController = 41, "NOT_CONTROLLER", Retry, "this node is not the active controller";
    InvalidRequest = 42, "INVALID_REQUEST", Fatal, "the request makes no sense in this state or with these fields";
    UnsupportedForMessageFormat = 43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", Fatal, "the log's message format cannot do this";
    PolicyViolation = 44, "POLICY_VIOLATION", Fatal, "a policy of the cluster forbids this";
    OutOfOrderSequenceNumber = 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", Fatal, "the producer skipped or repeated sequence numbers";
    DuplicateSequenceNumber = 46, "DUPLICATE_SEQUENCE_NUMBER", Fatal, "the producer sent a sequence number that is in the log";
    InvalidProducerEpoch = 47, "INVALID_PRODUCER_EPOCH", Fatal, "the producer's epoch is older than the newest one seen";
    InvalidTxnState = 48, "INVALID_TXN_STATE", Fatal, "the transaction's state does not allow this";
    InvalidProducerIdMapping = 49, "INVALID_PRODUCER_ID_MAPPING", Fatal, "the producer id does not belong to the transactional id";
    InvalidTransactionTimeout = 50, "INVALID_TRANSACTION_TIMEOUT", Fatal, "the transaction timeout is longer than the broker allows";
    ConcurrentTransactions = 51, "CONCURRENT_TRANSACTIONS", Retry, "the transactional id is busy finishing an earlier transaction";
    TransactionCoordinatorFenced = 52, "TRANSACTION_COORDINATOR_FENCED", Fatal, "a newer transaction coordinator has taken over";
    TransactionalIdAuthorizationFailed = 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", Fatal, "not authorized for the transactional id";
    SecurityDisabled = 54, "SECURITY_DISABLED", Fatal, "security features are switched off here";
    OperationNotAttempted = 55, "OPERATION_NOT_ATTEMPTED", Fatal, "not attempted, because another part of the request failed";
    KafkaStorageError = 56, "KAFKA_STORAGE_ERROR", Stale, "the log directory failed";
    LogDirNotFound = 57, "LOG_DIR_NOT_FOUND", Fatal, "no such log directory";
    SaslAuthenticationFailed = 58, "SASL_AUTHENTICATION_FAILED", Fatal, "authentication failed";
    UnknownProducerId = 59, "UNKNOWN_PRODUCER_ID", Fatal, "the broker holds no state for this producer id";
    ReassignmentInProgress = 60, "REASSIGNMENT_IN_PROGRESS", Fatal, "the partition is being reassigned";
    DelegationTokenAuthDisabled = 61, "DELEGATION_TOKEN_AUTH_DISABLED", Fatal, "delegation tokens are not enabled";
    DelegationTokenNotFound = 62, "DELEGATION_TOKEN_NOT_FOUND", Fatal, "no such delegation token";
    DelegationTokenOwnerMismatch = 63, "DELEGATION_TOKEN_OWNER_MISMATCH", Fatal, "the principal is neither owner nor renewer of the token";
    DelegationTokenRequestNotAllowed = 64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", Fatal, "delegation tokens may not be requested over this connection";
    DelegationTokenAuthorizationFailed = 65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", Fatal, "not authorized for the delegation token";
    DelegationTokenExpired = 66, "DELEGATION_TOKEN_EXPIRED", Fatal, "the delegation token has expired";
    InvalidPrincipalType = 67, "INVALID_PRINCIPAL_TYPE", Fatal, "the principal type is not supported";
    NonEmptyGroup = 68, "NON_EMPTY_GROUP", Fatal, "the group still has members";
    GroupIdNotFound = 69, "GROUP_ID_NOT_FOUND", Fatal, "no such group";
    FetchSessionIdNotFound = 70, "FETCH_SESSION_ID_NOT_FOUND", Retry, "no such fetch session here";
    InvalidFetchSessionEpoch = 71, "INVALID_FETCH_SESSION_EPOCH", Retry, "the fetch session is at another epoch";
    ListenerNotFound = 72, "LISTENER_NOT_FOUND", Stale, "the leader offers no listener like the one this request came by";
    TopicDeletionDisabled = 73, "TOPIC_DELETION_DISABLED", Fatal, "deleting topics is switched off";
    FencedLeaderEpoch = 74, "FENCED_LEADER_EPOCH", Stale, "the leader epoch in the request is older than the broker's";
    UnknownLeaderEpoch = 75, "UNKNOWN_LEADER_EPOCH", Retry, "the leader epoch in the request is newer than the broker's";
    UnsupportedCompressionType = 76, "UNSUPPORTED_COMPRESSION_TYPE", Fatal, "the compression codec is not supported";
    StaleBrokerEpoch = 77, "STALE_BROKER_EPOCH", Fatal, "the broker has registered again since";
    OffsetNotAvailable = 78, "OFFSET_NOT_AVAILABLE", Retry, "the leader does not know its high watermark yet";
    MemberIdRequired = 79, "MEMBER_ID_REQUIRED", Fatal, "join again with the member id given in this answer";
    PreferredLeaderNotAvailable = 80, "PREFERRED_LEADER_NOT_AVAILABLE", Stale, "the preferred leader is not available";
    GroupMaxSizeReached = 81, "GROUP_MAX_SIZE_REACHED", Fatal, "the group is full";
    FencedInstanceId = 82, "FENCED_INSTANCE_ID", Fatal, "another member took over this static instance id";
    EligibleLeadersNotAvailable = 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", Stale, "no replica that may lead is available";
    ElectionNotNeeded = 84, "ELECTION_NOT_NEEDED", Stale, "the partition has the wanted leader";
    NoReassignmentInProgress = 85, "NO_REASSIGNMENT_IN_PROGRESS", Fatal, "the partition is not being reassigned";
    GroupSubscribedToTopic = 86, "GROUP_SUBSCRIBED_TO_TOPIC", Fatal, "the group still consumes the topic";
    InvalidRecord = 87, "INVALID_RECORD", Fatal, "a record or its batch breaks a rule";
    UnstableOffsetCommit = 88, "UNSTABLE_OFFSET_COMMIT", Retry, "an open transaction still holds offsets of this group";
    ThrottlingQuotaExceeded = 89, "THROTTLING_QUOTA_EXCEEDED", Retry, "over the quota: try again later";
    ProducerFenced = 90, "PRODUCER_FENCED", Fatal, "a newer producer uses this transactional id";
    ResourceNotFound = 91, "RESOURCE_NOT_FOUND", Fatal, "no such resource";
    DuplicateResource = 92, "DUPLICATE_RESOURCE", Fatal, "the resource is named twice";
    UnacceptableCredential = 93, "UNACCEPTABLE_CREDENTIAL", Fatal, "the credential does not meet the requirements";
    InconsistentVoterSet = 94, "INCONSISTENT_VOTER_SET", Fatal, "sender and receiver disagree about the set of voters";
    InvalidUpdateVersion = 95, "INVALID_UPDATE_VERSION", Fatal, "the feature level is not acceptable";
    FeatureUpdateFailed = 96, "FEATURE_UPDATE_FAILED", Fatal, "the feature levels could not be changed";
    PrincipalDeserializationFailure = 97, "PRINCIPAL_DESERIALIZATION_FAILURE", Fatal, "the forwarded principal could not be read";
    SnapshotNotFound = 98, "SNAPSHOT_NOT_FOUND", Fatal, "no such snapshot";
    PositionOutOfRange = 99, "POSITION_OUT_OF_RANGE", Fatal, "the position lies outside the snapshot";
    UnknownTopicId = 100, "UNKNOWN_TOPIC_ID", Stale, "no topic has this id here";
    DuplicateBrokerRegistration = 101, "DUPLICATE_BROKER_REGISTRATION", Fatal, "a broker with this id is registered";
    BrokerIdNotRegistered = 102, "BROKER_ID_NOT_REGISTERED", Fatal, "no broker with this id is registered";
    InconsistentTopicId = 103, "INCONSISTENT_TOPIC_ID", Stale, "the topic's id is another one";
    InconsistentClusterId = 104, "INCONSISTENT_CLUSTER_ID", Fatal, "the cluster's id is another one";
    TransactionalIdNotFound = 105, "TRANSACTIONAL_ID_NOT_FOUND", Fatal, "no such transactional id";
    FetchSessionTopicIdError = 106, "FETCH_SESSION_TOPIC_ID_ERROR", Retry, "topic ids and topic names were mixed in one fetch session";
    IneligibleReplica = 107, "INELIGIBLE_REPLICA", Fatal, "the replica may not join the in-sync set";
    NewLeaderElected = 108, "NEW_LEADER_ELECTED", Fatal, "the change made another broker the leader";
    OffsetMovedToTieredStorage = 109, "OFFSET_MOVED_TO_TIERED_STORAGE", Fatal, "the offset is kept in remote storage only";
    FencedMemberEpoch = 110, "FENCED_MEMBER_EPOCH", Fatal, "the member's epoch is not the group's: join again";
    UnreleasedInstanceId = 111, "UNRELEASED_INSTANCE_ID", Fatal, "the static instance id is still held by a member";
    UnsupportedAssignor = 112, "UNSUPPORTED_ASSIGNOR", Fatal, "no common assignor, or one the group does not offer";
    StaleMemberEpoch = 113, "STALE_MEMBER_EPOCH", Fatal, "the member's epoch is old: retry with the newest";
    MismatchedEndpointType = 114, "MISMATCHED_ENDPOINT_TYPE", Fatal, "the request was sent to the wrong kind of node";
    UnsupportedEndpointType = 115, "UNSUPPORTED_ENDPOINT_TYPE", Fatal, "this kind of endpoint is not supported";
    UnknownControllerId = 116, "UNKNOWN_CONTROLLER_ID", Fatal, "no such controller";
    UnknownSubscriptionId = 117, "UNKNOWN_SUBSCRIPTION_ID", Fatal, "no such telemetry subscription";
    TelemetryTooLarge = 118, "TELEMETRY_TOO_LARGE", Fatal, "the telemetry payload is too large";
    InvalidRegistration = 119, "INVALID_REGISTRATION", Fatal, "the registration is not valid";
    TransactionAbortable = 120, "TRANSACTION_ABORTABLE", Fatal, "the transaction met an error: abort it";
    InvalidRecordState = 121, "INVALID_RECORD_STATE", Fatal, "the record's delivery state does not allow this";
    ShareSessionNotFound = 122, "SHARE_SESSION_NOT_FOUND", Retry, "no such share session";
    InvalidShareSessionEpoch = 123, "INVALID_SHARE_SESSION_EPOCH", Retry, "the share session is at another epoch";
    FencedStateEpoch = 124, "FENCED_STATE_EPOCH", Fatal, "a newer state epoch has been seen";
    InvalidVoterKey = 125, "INVALID_VOTER_KEY", Fatal, "the voter's directory id does not match";
    DuplicateVoter = 126, "DUPLICATE_VOTER", Fatal, "the voter is in the set";
    VoterNotFound = 127, "VOTER_NOT_FOUND", Fatal, "the voter is not in the set";
    InvalidRegularExpression = 128, "INVALID_REGULAR_EXPRESSION", Fatal, "no valid regular expression";
    RebootstrapRequired = 129, "REBOOTSTRAP_REQUIRED", Fatal, "bootstrap again: this is not the node or cluster expected";
    StreamsInvalidTopology = 130, "STREAMS_INVALID_TOPOLOGY", Fatal, "the streams topology is not valid";
    StreamsInvalidTopologyEpoch = 131, "STREAMS_INVALID_TOPOLOGY_EPOCH", Fatal, "the streams topology epoch is not valid";
    StreamsTopologyFenced = 132, "STREAMS_TOPOLOGY_FENCED", Fatal, "a newer streams topology is in use";
    ShareSessionLimitReached = 133, "SHARE_SESSION_LIMIT_REACHED", Retry, "no room for another share session";
    GroupDeletionFailed = 134, "GROUP_DELETION_FAILED", Fatal, "the group could not be deleted";
    StreamsTopologyDescriptionUpdateFailed = 135, "STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED", Fatal, "the streams topology description could not be updated";
    ControllerIdNotRegistered = 136, "CONTROLLER_ID_NOT_REGISTERED", Fatal, "no controller with this id is registered";
}

impl ErrorCode {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// Kafka's public name, as tools print it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// One short sentence.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.facts().2
    }

    /// Anything but [`ErrorCode::None`].
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self, ErrorCode::None)
    }

    /// Whether clients send the same request again.
    #[must_use]
    pub const fn is_retriable(self) -> bool {
        !matches!(self.facts().1, Class::Fatal)
    }

    /// Whether clients fetch metadata again before they retry.
    #[must_use]
    pub const fn means_stale_metadata(self) -> bool {
        matches!(self.facts().1, Class::Stale)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.name(), self.code(), self.message())
    }
}

impl std::error::Error for ErrorCode {}

impl From<ErrorCode> for i16 {
    fn from(code: ErrorCode) -> i16 {
        code.code()
    }
}

/// A number that no error code of this version has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownErrorCode(pub i16);

impl fmt::Display for UnknownErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a known error code", self.0)
    }
}

impl std::error::Error for UnknownErrorCode {}

impl TryFrom<i16> for ErrorCode {
    type Error = UnknownErrorCode;

    fn try_from(code: i16) -> Result<Self, UnknownErrorCode> {
        let index = i32::from(code) - FIRST;
        usize::try_from(index).ok().and_then(|index| ErrorCode::ALL.get(index)).copied().ok_or(UnknownErrorCode(code))
    }
}

/// The lowest code; `ALL[code - FIRST]` has the number `code` because the table has no gap.
const FIRST: i32 = -1;
const _: () = {
    let mut index = 0;
    while index < ErrorCode::ALL.len() {
        assert!(ErrorCode::ALL[index] as i32 == index as i32 + FIRST);
        index += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Number, name and retriable-ness as the Java client 4.4.0 printed them.
    const ORACLE: &str = include_str!("../testdata/error_codes.tsv");

    #[test]
    fn table_is_the_java_clients() {
        let mut seen = 0;
        for line in ORACLE.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [code, name, retriable, stale] = fields[..] else { panic!("bad line {line}") };
            let error = ErrorCode::try_from(code.parse::<i16>().unwrap()).unwrap();
            assert_eq!(error.name(), name);
            assert_eq!(error.is_retriable(), retriable == "true", "{name}");
            assert_eq!(error.means_stale_metadata(), stale == "true", "{name}");
            assert_eq!(i16::from(error).to_string(), code);
            seen += 1;
        }
        assert_eq!(seen, ErrorCode::ALL.len());
        assert_eq!(seen, 138);
    }

    #[test]
    fn unknown_numbers_are_refused() {
        for code in [i16::MIN, -2, 137, i16::MAX] {
            assert_eq!(ErrorCode::try_from(code), Err(UnknownErrorCode(code)));
        }
        assert!(!ErrorCode::default().is_error() && ErrorCode::UnknownServerError.is_error());
    }
}

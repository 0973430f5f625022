"""Who may publish to a topic of Pub/Sub, by its IAM policy."""

from collections.abc import Callable

from google.api_core.exceptions import Aborted, InvalidArgument
from google.iam.v1.iam_policy_pb2 import GetIamPolicyRequest, SetIamPolicyRequest
from google.iam.v1.options_pb2 import GetPolicyOptions
from google.iam.v1.policy_pb2 import Binding, Policy
from google.pubsub_v1 import PublisherClient

from vigil.adapters.cloud_calls import CloudCalls
from vigil.errors import TransientError

ROLE = "roles/pubsub.publisher"
# The version that shows conditions; what is written back without having been seen is lost.
_POLICY_VERSION = 3
_RACES = 8
_Change = Callable[[Policy], bool]


class PubsubTopicAccess:
    """TopicAccess over the IAM policy of one topic, given by its full name.

    Only unconditional bindings of the publisher's role are ours to change. A policy is written only
    if nobody has written it since it was read.
    """

    def __init__(self, client: PublisherClient, calls: CloudCalls, *, topic: str) -> None:
        self._client = client
        self._calls = calls
        self._topic = topic
        self._needs = f"roles/pubsub.admin on {topic}"

    def admit(self, identity: str) -> None:
        """Return when `identity` may publish."""
        self._change(lambda policy: _add(policy, identity))

    def dismiss(self, identity: str) -> None:
        """Return when `identity` may not publish any more by our doing."""
        self._change(lambda policy: _take(policy, identity))

    def _change(self, change: _Change) -> None:
        for _ in range(_RACES):
            policy = self._read()
            if not change(policy) or self._write(policy):
                return
        raise TransientError("the topic's policy was changed by others each time")

    def _read(self) -> Policy:
        options = GetPolicyOptions(requested_policy_version=_POLICY_VERSION)
        request = GetIamPolicyRequest(resource=self._topic, options=options)
        policy = self._calls.ask(self._client.get_iam_policy, request, needs=self._needs)
        return policy if isinstance(policy, Policy) else Policy()

    def _write(self, policy: Policy) -> bool:
        """Return whether the policy was written; not if somebody has written it meanwhile."""
        policy.version = _POLICY_VERSION
        written = self._calls.ask(
            self._client.set_iam_policy,
            SetIamPolicyRequest(resource=self._topic, policy=policy),
            needs=self._needs,
            expected=(Aborted,),
            # An account that was made with its sink just now is unknown to IAM for some seconds.
            passing=(InvalidArgument,),
        )
        return written is not None


def _add(policy: Policy, identity: str) -> bool:
    """Return whether the identity had to be added."""
    binding = _ours(policy)
    if binding is None:
        binding = policy.bindings.add(role=ROLE)
    if identity in binding.members:
        return False
    binding.members.append(identity)
    return True


def _take(policy: Policy, identity: str) -> bool:
    """Return whether the identity had to be taken out."""
    binding = _ours(policy)
    if binding is None or identity not in binding.members:
        return False
    binding.members.remove(identity)
    if not binding.members:
        policy.bindings.remove(binding)
    return True


def _ours(policy: Policy) -> Binding | None:
    for binding in policy.bindings:
        if binding.role == ROLE and not binding.HasField("condition"):
            return binding
    return None

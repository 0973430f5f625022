"""Policies about who may do what: as little as there is, on the one thing that it is for."""

from collections.abc import Iterator

from tests.planned_deployment import PROJECT
from tests.terraform.plans import Plan, Resource
from vigil.doors.topology import PUSHES

PUBLIC = ("api", "receive_alerts")
EVERYBODY = ("allUsers", "allAuthenticatedUsers")
PRIMITIVE = ("roles/owner", "roles/editor", "roles/viewer")
INVOKER = "google_cloud_run_v2_service_iam_member"
_READS = "It plans, and reads for that what it may not change."
_RUNS = "What runs is what it deploys; a role of one function would end with it."
# Of each role that is granted for a whole project: why not for less.
PROJECT_WIDE = {
    "roles/artifactregistry.reader": _READS,
    "roles/browser": _READS,
    "roles/cloudbuild.builds.approver": "Cloud Build asks for nothing smaller.",
    "roles/cloudbuild.builds.viewer": _READS,
    "roles/cloudfunctions.developer": _RUNS,
    "roles/cloudscheduler.admin": "Jobs have no policy of their own.",
    "roles/compute.networkViewer": "Cloud Run looks a shared network up by its subnetwork.",
    "roles/compute.viewer": _READS,
    "roles/datastore.backupSchedulesAdmin": "Schedules have no policy of their own.",
    "roles/datastore.indexAdmin": "Indexes have no policy of their own.",
    "roles/iam.roleViewer": _READS,
    "roles/iam.securityReviewer": _READS,
    "roles/iam.serviceAccountViewer": _READS,
    "roles/logging.logWriter": "Builds write their logs; a log has no policy of its own.",
    "roles/logging.viewer": _READS,
    "roles/monitoring.editor": "Alarms and dashboards have no policy of their own.",
    "roles/run.developer": _RUNS,
    "roles/secretmanager.viewer": _READS,
    "roles/serviceusage.serviceUsageViewer": _READS,
    "vigilDeployer": "Made for topics, sinks and metrics that are not there yet.",
    "vigilModel": "Models of Google's have no policy of ours.",
    "vigilSinks_acme_vigil": "A sink that is not there yet has no policy.",
}
# Who may say who may do what, which is nearly everything.
SAY_WHO_MAY = {"vigilTopicPolicy": "The API lets in the writers of streams, on one topic alone."}


def functions_are_called_by_those_they_are_for(plan: Plan) -> Iterator[str]:
    """The pusher calls what is pushed to, the scheduler cleanup, and people the two doors."""
    account = f"serviceAccount:vigil-{{}}@{PROJECT}.iam.gserviceaccount.com"
    pusher, scheduler = account.format("pusher"), account.format("scheduler")
    wanted = {(push.function, pusher) for push in PUSHES if push.function not in PUBLIC}
    wanted |= {("cleanup", scheduler), *((name, "allUsers") for name in PUBLIC)}
    made = {
        (_function(each), each.values["member"]): each.address
        for each in plan.of(INVOKER)
        if each.values["role"] == "roles/run.invoker"
    }
    for called, by in sorted(made.keys() ^ wanted):
        found = made.get((called, by), INVOKER)
        yield f"{found}: {called} is called by {by} in the plan or by rights, not in both"


def doors_with_iam_are_private(plan: Plan) -> Iterator[str]:
    """What believes Cloud Run's check stands behind it; what everybody reaches verifies itself."""
    public = {_function(each) for each in plan.of(INVOKER) if each.values["member"] in EVERYBODY}
    for name, each in plan.functions().items():
        identity = plan.environment(name).get("VIGIL_PUSH_IDENTITY")
        if name in public and identity not in (None, "verified"):
            yield f"{each.address} is public and verifies pushes by {identity}"
        if name not in public and identity != "iam":
            yield f"{each.address} is private and verifies pushes by {identity}"


def private_functions_are_reached_from_inside(plan: Plan) -> Iterator[str]:
    """And the others only by the domain, where there is one."""
    for name, each in plan.functions().items():
        ingress = each.block("service_config")["ingress_settings"]
        if (ingress == "ALLOW_INTERNAL_ONLY") == (name in PUBLIC):
            yield f"{each.address} has the ingress {ingress}"


def nobody_is_everybody(plan: Plan) -> Iterator[str]:
    """Only the two public doors are for all."""
    for each in _grants(plan):
        is_door = each.kind == INVOKER and _function(each) in PUBLIC
        if each.values.get("member") in EVERYBODY and not is_door:
            yield f"{each.address} is for everybody"


def each_function_works_as_itself(plan: Plan) -> Iterator[str]:
    """And not as an account that others have, or that Google made."""
    for name, each in plan.functions().items():
        own = f"vigil-{name.replace('_', '-')}@{PROJECT}.iam.gserviceaccount.com"
        if each.block("service_config")["service_account_email"] != own:
            yield f"{each.address} does not work as {own}"
        if not str(each.block("build_config")["service_account"]).startswith(
            "google_service_account.builder."
        ):
            yield f"{each.address} is built as somebody who may do more"


def accounts_have_no_keys(plan: Plan) -> Iterator[str]:
    """What can be copied will be."""
    for each in plan.of("google_service_account_key"):
        yield f"{each.address} is a key"


def nobody_may_do_everything(plan: Plan) -> Iterator[str]:
    """No primitive role, and no administrator of anything whole."""
    for each in _grants(plan):
        if each.values.get("role") in PRIMITIVE:
            yield f"{each.address} grants {each.values['role']}"


def roles_for_a_project_are_few(plan: Plan) -> Iterator[str]:
    """A condition makes one narrow; else it stands in a table with its reason."""
    for each in plan.of("google_project_iam_member"):
        role = str(each.values["role"]).removeprefix(f"projects/{each.values['project']}/roles/")
        if not each.values["condition"] and role not in PROJECT_WIDE:
            yield f"{each.address} grants {role} for all of a project"


def own_roles_are_narrow(plan: Plan) -> Iterator[str]:
    """They name each permission, and none that grants others."""
    for each in plan.of("google_project_iam_custom_role"):
        for permission in each.values["permissions"]:
            grants = permission.endswith(".setIamPolicy") or permission.startswith("iam.")
            if "*" in permission or (grants and each.values["role_id"] not in SAY_WHO_MAY):
                yield f"{each.address} may {permission}"


def grants_take_nothing_away(plan: Plan) -> Iterator[str]:
    """A binding or a policy would remove what others have granted."""
    for each in plan.resources:
        if each.kind.endswith(("_iam_binding", "_iam_policy")):
            yield f"{each.address} removes what it does not name"


def functions_use_documents_of_one_database(plan: Plan) -> Iterator[str]:
    """By a role of ours that deletes no database, and in Vigil's alone."""
    [database] = plan.of("google_firestore_database")
    for each in plan.of("google_project_iam_member", "documents"):
        condition = each.block("condition").get("expression", "")
        path = f"projects/{PROJECT}/databases/{database.values['name']}"
        if condition != f'resource.name == "{path}"':
            yield f"{each.address} holds in other databases"
        if not each.values["role"].endswith("/vigilDocuments"):
            yield f"{each.address} is more than documents"


def _grants(plan: Plan) -> Iterator[Resource]:
    for each in plan.resources:
        if each.kind.endswith("_iam_member"):
            yield each


def _function(invoker: Resource) -> str:
    return str(invoker.values["name"]).removeprefix("vigil-").replace("-", "_")


POLICIES = (
    functions_are_called_by_those_they_are_for,
    doors_with_iam_are_private,
    private_functions_are_reached_from_inside,
    nobody_is_everybody,
    each_function_works_as_itself,
    accounts_have_no_keys,
    nobody_may_do_everything,
    roles_for_a_project_are_few,
    own_roles_are_narrow,
    grants_take_nothing_away,
    functions_use_documents_of_one_database,
)

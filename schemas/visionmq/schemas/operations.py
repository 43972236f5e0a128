"""The table of operations: names, parameters, results and how many pictures each takes."""

from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from visionmq.schemas import admin, archive, case, messages, registration, store, system
from visionmq.schemas.access import bookings, decisions, edge, engineers, imports, policies, users, vehicles
from visionmq.schemas.access.common import Changed
from visionmq.schemas.brand import recognition, references, report
from visionmq.schemas.common import Params
from visionmq.schemas.document import documents, specimens, templates
from visionmq.schemas.face import calibration, challenge, enrolment, faces, gallery, identification, verification
from visionmq.schemas.limits import MAX_IMAGES


class Operation(NamedTuple):
    """One row: what goes in and what comes out."""

    name: str
    params: type[Params]
    result: type[Struct]
    least_images: int
    most_images: int
    summary: str


_ROWS: Final = (
    Operation("system.ping", system.PingParams, system.Pong, 0, 0, "Is an engine alive?"),
    Operation("system.echo", system.EchoParams, system.Echo, 0, MAX_IMAGES, "Answer the frames unopened."),
    Operation("document.recognize", documents.RecognizeParams, documents.Documents, 1, MAX_IMAGES, "Read documents."),
    Operation("document.masks", templates.MasksParams, templates.Masks, 0, 0, "What can be recognised?"),
    Operation("document.make", specimens.MakeParams, specimens.Made, 0, 0, "Draw a specimen with its truth."),
    Operation("document.learn", templates.LearnParams, templates.Learned, 1, 1, "Make a template from a picture."),
    Operation(
        "registration.register",
        registration.RegisterParams,
        registration.Registered,
        2,
        2,
        "Where the first picture lies on the second, with a certificate.",
    ),
    Operation(
        "registration.warp",
        registration.WarpParams,
        registration.Warped,
        0,
        1,
        "Apply a matrix to points or a picture.",
    ),
    Operation(
        "registration.stitch",
        registration.StitchParams,
        registration.Stitched,
        2,
        2,
        "Merge two pictures whose registration is accepted.",
    ),
    Operation("face.detect", faces.DetectParams, faces.FaceItems, 1, MAX_IMAGES, "Find faces."),
    Operation("face.encode", faces.EncodeParams, faces.FaceItems, 1, MAX_IMAGES, "Find faces, make their encodings."),
    Operation(
        "face.verify",
        verification.VerifyParams,
        verification.Verified,
        0,
        2,
        "Are two faces, or a face and a subject, one?",
    ),
    Operation(
        "face.identify",
        identification.IdentifyParams,
        identification.Identified,
        0,
        MAX_IMAGES,
        "Whose faces are these?",
    ),
    Operation("face.enroll", enrolment.EnrollParams, enrolment.Enrolled, 0, MAX_IMAGES, "Add faces to a subject."),
    Operation("face.subjects", gallery.SubjectsParams, gallery.Subjects, 0, 0, "Who is in a collection?"),
    Operation("face.collections", gallery.CollectionsParams, gallery.Collections, 0, 0, "Which collections are there?"),
    Operation("face.forget", gallery.ForgetParams, gallery.Forgotten, 0, 0, "Destroy what is kept of a subject."),
    Operation(
        "face.calibrate",
        calibration.CalibrateParams,
        calibration.Calibrated,
        0,
        0,
        "Measure a collection's own error rate.",
    ),
    Operation("face.challenge", challenge.ChallengeParams, challenge.Challenge, 0, 0, "Ask for a live response."),
    Operation("face.respond", challenge.RespondParams, challenge.Responded, 1, MAX_IMAGES, "Is this a live response?"),
    Operation(
        "access.validate", decisions.ValidateParams, decisions.Decision, 0, 0, "Does this login open this car now?"
    ),
    Operation("access.face", decisions.FaceParams, decisions.Decision, 0, 1, "Does this face open this car now?"),
    Operation("access.nonce", edge.NonceParams, edge.Nonce, 0, 0, "A number to prove one encoding with."),
    Operation("access.return", decisions.ReturnParams, decisions.Decision, 0, 0, "Bring a car back, once."),
    Operation("access.add_user", users.AddUserParams, Changed, 0, 0, "A new user."),
    Operation("access.edit_user", users.EditUserParams, Changed, 0, 0, "Change a user's record."),
    Operation("access.set_password", users.SetPasswordParams, Changed, 0, 0, "A new password."),
    Operation("access.unlock", users.UserParams, Changed, 0, 0, "Clear a user's lock-out."),
    Operation("access.users", users.UsersParams, users.Users, 0, 0, "The users."),
    Operation("access.forget_user", users.UserParams, users.Forgotten, 0, 0, "Destroy a user's key, with a receipt."),
    Operation("access.add_vehicle", vehicles.AddVehicleParams, vehicles.DeviceKey, 0, 0, "A new car and its key."),
    Operation("access.edit_vehicle", vehicles.EditVehicleParams, Changed, 0, 0, "Change a car."),
    Operation("access.rotate_device_key", vehicles.VehicleParams, vehicles.DeviceKey, 0, 0, "A new key for a car."),
    Operation("access.remove_vehicle", vehicles.VehicleParams, Changed, 0, 0, "Remove a car."),
    Operation("access.vehicles", vehicles.VehiclesParams, vehicles.Vehicles, 0, 0, "The cars."),
    Operation("access.book", bookings.BookParams, Changed, 0, 0, "A car for a user, from start until end."),
    Operation("access.cancel_booking", bookings.CancelParams, Changed, 0, 0, "Give up a booking."),
    Operation("access.bookings", bookings.BookingsParams, bookings.Bookings, 0, 0, "The bookings."),
    Operation("access.add_engineer", users.UserParams, Changed, 0, 0, "Make a user an engineer."),
    Operation("access.remove_engineer", users.UserParams, Changed, 0, 0, "No longer an engineer."),
    Operation("access.assign", engineers.AssignParams, Changed, 0, 0, "Let an engineer unlock a car."),
    Operation("access.unassign", engineers.UnassignParams, Changed, 0, 0, "Take an assignment back."),
    Operation("access.engineers", engineers.EngineersParams, engineers.Engineers, 0, 0, "Engineers and assignments."),
    Operation("access.import", imports.ImportParams, imports.Imported, 0, 0, "Rows of a table, each for itself."),
    Operation("access.policy", policies.PolicyParams, policies.Policy, 0, 0, "By which rules is decided?"),
    Operation("access.set_policy", policies.SetPolicyParams, policies.Policy, 0, 0, "Put other rules in force."),
    Operation("case.verify", case.CaseParams, case.Case, 2, 2, "Document, selfie and booking in one decision."),
    Operation(
        "brand.recognize",
        recognition.RecognizeParams,
        recognition.Recognitions,
        1,
        MAX_IMAGES,
        "Which brands are shown?",
    ),
    Operation(
        "brand.learn",
        references.LearnParams,
        references.Learned,
        1,
        MAX_IMAGES,
        "Keep pictures as a brand's references.",
    ),
    Operation("brand.labels", references.LabelsParams, references.Labels, 0, 0, "Which brands does a collection have?"),
    Operation(
        "brand.collections",
        references.CollectionsParams,
        references.Collections,
        0,
        0,
        "Which collections of brands are there?",
    ),
    Operation("brand.forget", references.ForgetParams, references.Forgotten, 0, 0, "Drop a brand with its references."),
    Operation("brand.report", report.ReportParams, report.Report, 0, 0, "Which references contradict each other?"),
    Operation("brand.calibrate", report.CalibrateParams, report.Calibrated, 0, 0, "Measure how near strangers come."),
    Operation("gallery.export", archive.ExportParams, archive.Exported, 0, 0, "Take out the next piece of an archive."),
    Operation("gallery.import", archive.ImportParams, archive.Imported, 2, 2, "Put in one piece of an archive."),
    Operation("store.info", store.InfoParams, store.Info, 0, 0, "What the store is and holds."),
    Operation("store.rekey", store.RekeyParams, store.Rekeyed, 0, 0, "Wrap all keys anew; destroy the former key."),
    Operation(
        "audit.head", store.HeadParams, store.Head, 0, 0, "Where the log ends now, signed, to be kept elsewhere."
    ),
    Operation("audit.list", store.ListParams, store.Entries, 0, 0, "Who changed what."),
    Operation("audit.verify", store.VerifyParams, store.Verified, 0, 0, "Check every row of the audit log."),
    Operation("receipt.verify", store.ReceiptParams, store.ReceiptVerdict, 0, 0, "Check a receipt of forgetting."),
    Operation("broker.info", admin.InfoParams, admin.Info, 0, 0, "The broker's state and ledger."),
    Operation("broker.workers", admin.WorkersParams, admin.Workers, 0, 0, "The connected workers."),
    Operation("broker.queues", admin.QueuesParams, admin.Queues, 0, 0, "The queues."),
    Operation("broker.pause", admin.OperationsParams, admin.Done, 0, 0, "Stop dispatching; requests wait."),
    Operation("broker.resume", admin.OperationsParams, admin.Done, 0, 0, "Dispatch again."),
    Operation("broker.purge", admin.OperationsParams, admin.Done, 0, 0, "Cancel what waits."),
    Operation("broker.drain", admin.DrainParams, admin.Done, 0, 0, "Let a worker, or the broker, finish and end."),
    Operation("broker.dead", admin.DeadParams, admin.DeadLetters, 0, 0, "Requests set aside after their attempts."),
    Operation("broker.logs", admin.LogsParams, admin.Logs, 0, 0, "The last lines of the log."),
)

OPERATIONS: Final[dict[str, Operation]] = {row.name: row for row in _ROWS}
"""All operations of this release by name."""

BROKER_PREFIX: Final = "broker."
"""Operations of this prefix are answered by the broker itself."""


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an operation's parameters and result.

    Raises KeyError for an unknown operation.
    """
    row = OPERATIONS[name]
    (params, result), components = msgspec.json.schema_components(
        (row.params, row.result), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": row.name,
        "description": row.summary,
        "images": {"least": row.least_images, "most": row.most_images},
        "properties": {"params": params, "result": result},
        "$defs": components,
    }


def message_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of all envelopes, by who sends them to whom."""
    unions = {
        "client to broker": messages.FromClient,
        "broker to client": messages.ToClient,
        "worker to broker": messages.FromWorker,
        "broker to worker": messages.ToWorker,
    }
    schemas, components = msgspec.json.schema_components(tuple(unions.values()), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "VisionMQ envelopes",
        "properties": dict(zip(unions, schemas, strict=True)),
        "$defs": components,
    }

environment       = "production"
project_id        = "acme-vigil"
folder            = "123456789012"
streamed_projects = ["acme-payments", "acme-shop"]
model_calls       = 2000
warm_functions    = ["manage_alerts", "receive_alerts"]
subnetwork        = "projects/acme-network/regions/europe-west1/subnetworks/vigil"
key               = "projects/acme-keys/locations/europe-west1/keyRings/production/cryptoKeys/vigil"
domain            = "vigil.example.com"
budget            = { billing_account = "012345-6789AB-CDEF01", amount = 500 }
operators         = { platform = "platform@example.com", on-call = "on-call@example.com" }
repository        = "projects/acme-vigil/locations/europe-west1/connections/github/repositories/vigil"
branch            = "production"
approvers         = "group:platform-leads@example.com"

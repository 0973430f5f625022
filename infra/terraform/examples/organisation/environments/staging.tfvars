environment     = "staging"
project_id      = "acme-vigil-staging"
folder          = "210987654321"
subnetwork      = "projects/acme-network/regions/europe-west1/subnetworks/vigil-staging"
key             = "projects/acme-keys/locations/europe-west1/keyRings/staging/cryptoKeys/vigil"
domain          = "vigil.staging.example.com"
budget          = { billing_account = "012345-6789AB-CDEF01", amount = 50 }
operators       = { platform = "platform@example.com" }
repository      = "projects/acme-vigil-staging/locations/europe-west1/connections/github/repositories/vigil"
branch          = "main"
keeps_documents = false

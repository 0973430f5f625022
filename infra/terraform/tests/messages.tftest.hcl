# No message is lost, fed back, or pushed by somebody else: with the fewest variables.

mock_provider "archive" {}
mock_provider "time" {}

mock_provider "google" {
  override_during = plan
  source          = "./tests/mocks"
}

mock_provider "google-beta" {
  override_during = plan
  source          = "./tests/mocks"
}

variables {
  project_id = "acme-vigil"
  operators  = { emails = { platform = "platform@example.com" } }
}

run "messages" {
  command = plan

  assert {
    condition = alltrue([
      for push in google_pubsub_subscription.push :
      push.push_config[0].oidc_token[0].service_account_email == google_service_account.pusher.email
    ])
    error_message = "A push is not signed in the pusher's name."
  }

  assert {
    condition = alltrue([
      for push in google_pubsub_subscription.push :
      push.push_config[0].oidc_token[0].audience == "https://vigil-${replace(push.labels.function, "_", "-")}-123456789012.us-central1.run.app"
    ])
    error_message = "The token of a push is not for its function."
  }

  assert {
    condition = alltrue([
      for push in google_pubsub_subscription.push :
      startswith(push.push_config[0].push_endpoint, "${push.push_config[0].oidc_token[0].audience}/")
    ])
    error_message = "A push goes elsewhere than its token is for."
  }

  assert {
    condition     = length(setsubtract(local._topology.topics, [for push in google_pubsub_subscription.push : one([for name, topic in google_pubsub_topic.topic : name if topic.id == push.topic])])) == 0
    error_message = "Nobody hears a topic."
  }

  assert {
    condition = alltrue([
      for push in google_pubsub_subscription.push :
      push.retry_policy[0].maximum_backoff == "600s" || push.topic == google_pubsub_topic.topic["vigil-ticks"].id
    ])
    error_message = "What is no tick is not tried again with pauses of up to ten minutes."
  }

  assert {
    condition     = alltrue([for each in google_pubsub_subscription.set_aside : each.retry_policy[0].maximum_backoff == "600s"])
    error_message = "What was set aside is offered without pauses."
  }

  assert {
    condition = alltrue([
      for push in google_pubsub_subscription.push : push.dead_letter_policy[0].max_delivery_attempts >= 50
      if length(push.dead_letter_policy) > 0
    ])
    error_message = "A message is given up before its fiftieth attempt."
  }

  assert {
    condition = alltrue([
      for push in google_pubsub_subscription.push : contains(values(google_pubsub_subscription.set_aside)[*].topic, push.dead_letter_policy[0].dead_letter_topic)
      if length(push.dead_letter_policy) > 0
    ])
    error_message = "Dead letters have no subscription in which they wait."
  }

  assert {
    condition = alltrue([
      for push in google_pubsub_subscription.push : length(push.dead_letter_policy) == 1
      if push.topic != google_pubsub_topic.topic["vigil-ticks"].id && !endswith(push.name, "-dead-count")
    ])
    error_message = "What is no tick is never set aside."
  }

  assert {
    condition = alltrue([
      for each in google_pubsub_topic_iam_member.dead_letters :
      each.role == "roles/pubsub.publisher" && each.member == google_project_service_identity.agent["pubsub.googleapis.com"].member
    ])
    error_message = "Pub/Sub may not publish dead letters."
  }

  assert {
    condition = alltrue([
      for name, push in google_pubsub_subscription.push :
      google_pubsub_subscription_iam_member.dead_letters[name].role == "roles/pubsub.subscriber" &&
      google_pubsub_subscription_iam_member.dead_letters[name].member == google_project_service_identity.agent["pubsub.googleapis.com"].member
      if length(push.dead_letter_policy) > 0
    ])
    error_message = "Pub/Sub may not take dead letters out of their subscription."
  }

  assert {
    condition = alltrue([
      for each in concat(values(google_pubsub_subscription.push), values(google_pubsub_subscription.set_aside)) :
      each.expiration_policy[0].ttl == ""
    ])
    error_message = "A subscription is gone when nobody has used it for a month."
  }

  assert {
    condition = alltrue([
      for sink in google_logging_project_sink.source :
      contains([for each in sink.exclusions : each.filter if each.disabled != true], local._topology.own_entries_filter)
    ])
    error_message = "A sink sends entries of Vigil's own services."
  }

  assert {
    condition     = length(google_logging_project_sink.source) > 0 && alltrue([for sink in google_logging_project_sink.source : sink.unique_writer_identity])
    error_message = "A sink writes as everybody's sinks do."
  }

  assert {
    condition = alltrue([
      for topic in google_pubsub_topic.topic :
      topic.message_storage_policy[0].allowed_persistence_regions == toset(["us-central1"])
    ])
    error_message = "Messages may be kept anywhere."
  }
}

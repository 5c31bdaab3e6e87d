"""Who may do what, written by hand: one line for each address, none of it taken from the product's own tables.

The words are the least role. They follow what users of OnCall know (alert groups, schedules and maintenance: read by
viewers, written by editors; integrations, chains and webhooks: written by admins; tests and demos by editors), with
what is a person's own left to the person whatever the role is. Besides roles a line may say:

    own     the person, or an admin: `viewer` on what is one's own, 403 on what is somebody else's
    self    the person alone: not even an admin
    secret  the address itself carries the secret; without it 401, 403 or 404
"""

from __future__ import annotations

API = """
/api/v1/actions                                            GET viewer  POST admin
/api/v1/actions/{id}                                       GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/alert_groups                                       GET viewer
/api/v1/alert_groups/bulk                                  POST editor
/api/v1/alert_groups/{id}                                  GET viewer  DELETE editor
/api/v1/alert_groups/{id}/apply_chain                      POST editor
/api/v1/alert_groups/{id}/timeline                         GET viewer
/api/v1/alert_groups/{id}/{action}                         POST editor
/api/v1/alerts                                             GET viewer
/api/v1/alerts/{id}                                        GET viewer
/api/v1/alerts/{id}/explain                                GET viewer
/api/v1/alerts/{id}/trace                                  GET viewer
/api/v1/config/apply                                       POST admin
/api/v1/config/behaviour                                   POST admin
/api/v1/config/export                                      GET admin
/api/v1/deliveries                                         GET viewer
/api/v1/deliveries/{id}                                    GET viewer
/api/v1/deliveries/{id}/give_up                            POST editor
/api/v1/deliveries/{id}/mark_sent                          POST editor
/api/v1/deliveries/{id}/resend                             POST editor
/api/v1/escalation                                         POST editor
/api/v1/escalation_chains                                  GET viewer  POST admin
/api/v1/escalation_chains/{id}                             GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/escalation_chains/{id}/apply_to_running            POST editor
/api/v1/escalation_policies                                GET viewer  POST admin
/api/v1/escalation_policies/{id}                           GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/event_subscriptions                                GET viewer  POST admin
/api/v1/event_subscriptions/{id}                           GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/event_subscriptions/{id}/position                  POST admin
/api/v1/event_subscriptions/{id}/rotate_secret             POST admin
/api/v1/event_subscriptions/{id}/test                      POST admin
/api/v1/events                                             GET editor
/api/v1/info                                               GET viewer
/api/v1/integration_types                                  GET viewer
/api/v1/integration_types/{slug}                           GET viewer
/api/v1/integrations                                       GET viewer  POST admin
/api/v1/integrations/{id}                                  GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/integrations/{id}/demo                             POST editor
/api/v1/integrations/{id}/maintenance_start                POST editor
/api/v1/integrations/{id}/maintenance_stop                 POST editor
/api/v1/integrations/{id}/problems                         GET viewer
/api/v1/integrations/{id}/rotate_token                     POST admin
/api/v1/integrations/{id}/tokens                           GET viewer
/api/v1/integrations/{id}/tokens/{token_id}                DELETE admin
/api/v1/maintenance_windows                                GET viewer  POST editor
/api/v1/maintenance_windows/{id}                           GET viewer  PUT editor  PATCH editor  DELETE editor
/api/v1/maintenance_windows/{id}/stop                      POST editor
/api/v1/make_call                                          POST editor
/api/v1/on_call_shifts                                     GET viewer  POST editor
/api/v1/on_call_shifts/{id}                                GET viewer  PUT editor  PATCH editor  DELETE editor
/api/v1/organizations                                      GET viewer
/api/v1/organizations/{id}                                 GET viewer
/api/v1/personal_notification_rules                        GET viewer  POST own
/api/v1/personal_notification_rules/{id}                   GET viewer  PUT own  PATCH own  DELETE own
/api/v1/preview                                            POST editor
/api/v1/problems                                           GET viewer
/api/v1/resolution_notes                                   GET viewer  POST editor
/api/v1/resolution_notes/{id}                              GET viewer  PUT editor  PATCH editor  DELETE editor
/api/v1/routes                                             GET viewer  POST admin
/api/v1/routes/{id}                                        GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/schedules                                          GET viewer  POST editor
/api/v1/schedules/{id}                                     GET viewer  PUT editor  PATCH editor  DELETE editor
/api/v1/schedules/{id}/export                              GET secret
/api/v1/schedules/{id}/export_token                        GET viewer  POST editor  DELETE editor
/api/v1/schedules/{id}/final_shifts                        GET viewer
/api/v1/schedules/{id}/gaps                                GET viewer
/api/v1/schedules/{id}/on_call                             GET viewer
/api/v1/schedules/{id}/overrides                           GET viewer  POST editor
/api/v1/schedules/{id}/overrides/{override_id}             PUT editor  PATCH editor  DELETE editor
/api/v1/schedules/{id}/quality                             GET viewer
/api/v1/send_sms                                           POST editor
/api/v1/shift_swaps                                        GET viewer  POST editor
/api/v1/shift_swaps/{id}                                   GET viewer  PUT editor  PATCH editor  DELETE editor
/api/v1/shift_swaps/{id}/take                              POST editor
/api/v1/simulate                                           POST viewer
/api/v1/slack_channels                                     GET viewer
/api/v1/slack_channels/refresh                             POST editor
/api/v1/slack_channels/{id}                                GET viewer
/api/v1/teams                                              GET viewer  POST admin
/api/v1/teams/{id}                                         GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/user_groups                                        GET viewer
/api/v1/user_groups/refresh                                POST editor
/api/v1/user_groups/{id}                                   GET viewer
/api/v1/users                                              GET viewer  POST admin
/api/v1/users/{id}                                         GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/users/{id}/contact_points                          GET viewer  POST own
/api/v1/users/{id}/contact_points/{point_id}               DELETE own
/api/v1/users/{id}/contact_points/{point_id}/send_code     POST own
/api/v1/users/{id}/contact_points/{point_id}/verify        POST own
/api/v1/users/{id}/on_call_reminders                       GET viewer  PUT own
/api/v1/users/{id}/schedule_export                         GET secret
/api/v1/users/{id}/schedule_export_token                   GET own  POST own  DELETE own
/api/v1/users/{id}/test_notification                       POST own
/api/v1/webhooks                                           GET viewer  POST admin
/api/v1/webhooks/{id}                                      GET viewer  PUT admin  PATCH admin  DELETE admin
/api/v1/webhooks/{id}/preview                              POST editor
/api/v1/webhooks/{id}/responses                            GET viewer
/api/v1/webhooks/{id}/rotate_secret                        POST admin
/api/v1/webhooks/{id}/trigger                              POST editor
"""

PAGES = """
/                                                          GET viewer
/alert-groups                                              GET viewer
/alert-groups/actions/{action}                             POST editor
/alert-groups/new                                          GET editor  POST editor
/alert-groups/{id}                                         GET viewer
/alert-groups/{id}/attach                                  POST editor
/alert-groups/{id}/unattach                                POST editor
/alert-groups/{id}/notes                                   POST editor
/alert-groups/{id}/page                                    POST editor
/alert-groups/{id}/row                                     GET viewer
/alert-groups/{id}/unpage                                  POST editor
/alerts/{id}/trace                                         GET viewer
/audit                                                     GET admin
/chat-connections                                          GET viewer
/escalation-chains                                         GET viewer  POST admin
/escalation-chains/{id}                                    GET viewer  POST admin
/escalation-chains/{id}/apply                              POST editor
/escalation-chains/{id}/copy                               POST admin
/escalation-chains/{id}/remove                             POST admin
/escalation-chains/{id}/steps                              POST admin
/escalation-chains/{id}/steps/{step_id}                    POST admin
/escalation-chains/{id}/steps/{step_id}/move               POST admin
/escalation-chains/{id}/steps/{step_id}/remove             POST admin
/event-subscriptions                                       GET viewer  POST admin
/event-subscriptions/new                                   GET admin
/event-subscriptions/{id}                                  GET viewer  POST admin
/event-subscriptions/{id}/position                         POST admin
/event-subscriptions/{id}/remove                           POST admin
/event-subscriptions/{id}/secret                           POST admin
/event-subscriptions/{id}/switch                           POST admin
/event-subscriptions/{id}/test                             POST admin
/insights                                                  GET viewer
/integrations                                              GET viewer
/integrations/new                                          GET admin
/integrations/new/{slug}                                   GET admin  POST admin
/integrations/{id}                                         GET viewer
/integrations/{id}/demo                                    POST editor
/integrations/{id}/first-alert                             GET viewer
/integrations/{id}/maintenance/start                       POST editor
/integrations/{id}/maintenance/stop                        POST editor
/integrations/{id}/playground                              GET editor  POST editor
/integrations/{id}/playground/compare                      POST editor
/integrations/{id}/playground/save                         POST admin
/integrations/{id}/remove                                  GET admin  POST admin
/integrations/{id}/revoke                                  POST admin
/integrations/{id}/rotate                                  POST admin
/integrations/{id}/routes/{route_id}                       GET admin  POST admin
/integrations/{id}/routes/{route_id}/move                  POST admin
/integrations/{id}/routes/{route_id}/remove                POST admin
/integrations/{id}/routes/{route_id}/try                   POST admin
/integrations/{id}/settings/{part}                         POST admin
/live/groups                                               GET viewer
/live/pipeline                                             GET editor
/pipeline                                                  GET editor
/pipeline/dead-letters/{service}/{id}                      GET editor  POST admin
/pipeline/discard                                          POST admin
/pipeline/replay                                           POST admin
/pipeline/stages                                           GET editor
/schedules                                                 GET viewer
/schedules/my-calendar                                     POST viewer
/schedules/my-calendar/remove                              POST viewer
/schedules/new                                             GET editor  POST editor
/schedules/{id}                                            GET viewer
/schedules/{id}/calendar-link                              POST editor
/schedules/{id}/calendar-link/remove                       POST editor
/schedules/{id}/edit                                       GET editor  POST editor
/schedules/{id}/health                                     GET viewer
/schedules/{id}/layers/new                                 GET editor  POST editor
/schedules/{id}/layers/{shift_id}                          GET editor  POST editor
/schedules/{id}/layers/{shift_id}/remove                   POST editor
/schedules/{id}/overrides                                  POST editor
/schedules/{id}/overrides/{override_id}                    GET editor  POST editor
/schedules/{id}/overrides/{override_id}/remove             POST editor
/schedules/{id}/remove                                     POST editor
/schedules/{id}/swaps                                      POST editor
/schedules/{id}/swaps/{swap_id}/take                       POST editor
/schedules/{id}/swaps/{swap_id}/withdraw                   POST editor
/settings                                                  GET viewer
/teams                                                     GET viewer  POST admin
/teams/{id}                                                POST admin
/teams/{id}/remove                                         POST admin
/theme                                                     POST viewer
/tokens                                                    GET viewer  POST viewer
/tokens/{id}/revoke                                        POST own
/users                                                     GET viewer  POST admin
/users/{id}                                                GET viewer  POST admin
/users/{id}/contact-points                                 POST own
/users/{id}/contact-points/{point_id}/code                 POST own
/users/{id}/contact-points/{point_id}/remove               POST own
/users/{id}/contact-points/{point_id}/verify               POST own
/users/{id}/password                                       POST self
/users/{id}/password-link                                  POST admin
/users/{id}/password-link/remove                           POST admin
/users/{id}/password/remove                                POST admin
/users/{id}/reminders                                      POST own
/users/{id}/remove                                         POST admin
/users/{id}/rules                                          POST own
/users/{id}/rules/{rule_id}                                POST own
/users/{id}/rules/{rule_id}/move                           POST own
/users/{id}/rules/{rule_id}/remove                         POST own
/users/{id}/sessions/end                                   POST own
/users/{id}/test                                           POST own
/users/{id}/time-zone                                      POST own
/webhooks                                                  GET viewer  POST admin
/webhooks/new                                              GET admin
/webhooks/{id}                                             GET viewer  POST admin
/webhooks/{id}/preview                                     POST editor
/webhooks/{id}/remove                                      POST admin
/webhooks/{id}/secret                                      POST admin
/webhooks/{id}/trigger                                     POST editor
"""

# Where nobody is asked who it is (callbacks of vendors and signed links prove themselves in another way), and what
# everybody is answered there who brings nothing but the request: no token opens any of it.
STRANGERS = """
/act/{ticket}                        GET 403  POST 403
/api/v1/openapi.yaml                 GET 200
/api/v1/slack/interactive            POST 403
/assets/{name}                       GET 404
/healthz                             GET 200
/mattermost/{part}                   POST 403
/metrics                             GET 200
/pushover/{part}                     POST 403
/readyz                              GET 200
/set-password/{token}                GET 404  POST 404
/sign-in                             GET 200  POST 401
/sign-in/oidc                        GET 404
/sign-in/oidc/callback               GET 400
/sign-out                            POST 303
/slack/interactive_api_endpoint      POST 403
/telegram/{part}                     POST 403
/twilio/{part}                       POST 403
/vonage/{part}                       POST 403
"""

Route = tuple[str, str]


def _table(text: str) -> dict[Route, str]:
    found: dict[Route, str] = {}
    for line in text.strip().splitlines():
        path, *words = line.split()
        for method, least in zip(words[::2], words[1::2], strict=True):
            found[method, path] = least
    return found


API_ACCESS = _table(API)
PAGE_ACCESS = _table(PAGES)
STRANGER_ANSWERS = {one: int(status) for one, status in _table(STRANGERS).items()}

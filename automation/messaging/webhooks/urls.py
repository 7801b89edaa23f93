from django.urls import path

from automation.messaging.webhooks.views import inbound, status, unsubscribe

urlpatterns = [
    path("twilio/status/<str:key>/", status, name="twilio_status"),
    path("twilio/inbound/", inbound, name="twilio_inbound"),
    path("twilio/inbound", inbound),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
]

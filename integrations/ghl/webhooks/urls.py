from django.urls import path

from integrations.ghl.webhooks.views import receive

# Without the slash as well: whoever enters the address at the vendor may leave it out, and a redirect loses the event.
urlpatterns = [path("ghl/", receive, name="ghl_webhook"), path("ghl", receive)]

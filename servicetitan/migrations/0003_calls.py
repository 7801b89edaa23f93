from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("servicetitan", "0002_changes_and_items")]

    operations = [
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(help_text="When it began.")),
                (
                    "api",
                    models.TextField(help_text="The setting that holds the API's address; empty where the call fits none."),
                ),
                ("method", models.TextField()),
                ("path", models.TextField(help_text="Without ids, and without the query.")),
                ("status", models.SmallIntegerField(help_text="Empty where there was no answer.", null=True)),
                (
                    "error",
                    models.TextField(default="", help_text="connect, timeout, broken, refused; empty with an answer."),
                ),
                ("milliseconds", models.IntegerField()),
                ("bytes", models.BigIntegerField(help_text="Of the answer's body, as sent.")),
                ("attempt", models.SmallIntegerField(help_text="Which try of the same call.")),
            ],
            options={"verbose_name": "call", "db_table": '"servicetitan"."st_api_calls"', "abstract": False},
        ),
    ]

/* The editor of workflows: the form as a picture of the JSON below it, which is what is posted. */
(() => {
    const {element, select, input, labelled, number, condition, steps} = window.hubWorkflow;
    const PAUSE_MS = 400;
    const form = document.getElementById("workflow-editor");
    if (!form) return;
    const given = JSON.parse(document.getElementById("wf-given").textContent);
    const {vocabulary} = given;
    const box = document.getElementById("wf-form");
    const json = document.getElementById("wf-json");
    const area = form.elements.definition;
    const toggle = document.getElementById("wf-switch");
    let definition = null;
    let asJson = true;

    const read = () => {
        const found = JSON.parse(area.value);
        if (typeof found !== "object" || found === null || Array.isArray(found)) throw new Error("it is no object");
        found.trigger = found.trigger || {event: ""};
        found.entry = found.entry || {all: []};
        found.steps = Array.isArray(found.steps) ? found.steps : [];
        return found;
    };

    /* A branch's empty "Otherwise" is left out, as files have it. */
    const write = () => {
        const tidy = (name, value) => (name === "else" && Array.isArray(value) && value.length === 0 ? undefined : value);
        area.value = JSON.stringify(definition, tidy, 2);
    };

    const eventOf = (kind) => vocabulary.events.find((event) => event.kind === kind);
    const entity = () => eventOf(definition.trigger.event)?.entity || "estimate";

    /* What matches now */
    const shown = element("div", {class: "wf-matches", role: "status", "aria-live": "polite"});
    let timer = null;
    let asked = null;

    const show = (answer) => {
        if (answer.error) {
            shown.replaceChildren(element("p", {class: "hub-note"}, answer.error));
            return;
        }
        const many = answer.count === "1" ? "record" : "records";
        const parts = [element("p", {}, element("b", {"data-count": answer.count}, answer.count), ` ${answer.entity} ${many} match now`),
            element("p", {class: "hub-note"}, answer.words)];
        if (answer.rows.length) {
            const heads = ["The newest", ...answer.headers];
            const rows = answer.rows.map((row) => element("tr", {},
                element("td", {"data-label": heads[0]}, element("a", {class: "hub-link", href: row.url, target: "_blank", rel: "noopener"}, row.name)),
                ...row.values.map((value, index) => element("td", {"data-label": heads[index + 1]}, value))));
            parts.push(element("div", {class: "hub-scroll"}, element("table", {class: "hub-table"},
                element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", {}, head)))),
                element("tbody", {}, ...rows))));
        }
        shown.replaceChildren(...parts);
    };

    const ask = async () => {
        asked?.abort();
        const mine = asked = new AbortController();
        const body = new URLSearchParams({event: definition.trigger.event, condition: JSON.stringify(definition.entry)});
        const headers = {"X-CSRFToken": form.elements.csrfmiddlewaretoken.value};
        try {
            const answer = await fetch(given.matches, {method: "POST", body, headers, signal: mine.signal});
            if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
            show(await answer.json());
        } catch (error) {
            if (error.name !== "AbortError") show({error: `What matches now could not be asked: ${error.message}.`});
        }
    };

    const changed = () => {
        write();
        clearTimeout(timer);
        timer = setTimeout(ask, PAUSE_MS);
    };

    const context = {
        fields: () => vocabulary.fields[entity()], operators: vocabulary.operators, events: vocabulary.events,
        deepest: vocabulary.deepest, changed,
    };

    /* The parts of the form */
    const panel = (title, ...children) =>
        element("section", {class: "hub-panel hub-wide"}, element("h3", {}, title), ...children);

    const set = (name, value) => {
        if (value === "" || value === undefined) delete definition[name];
        else definition[name] = value;
        changed();
    };

    const names = () => {
        const fixed = given.isNew ? {} : {readonly: true};
        return element("div", {class: "wf-fields"},
            labelled("Title", input("Title", "text", definition.title, (text) => { definition.title = text; changed(); }, {size: 44}), "", "title"),
            labelled("Name", input("Name", "text", definition.name, (text) => { definition.name = text; changed(); }, fixed),
                given.isNew ? "As files and logs call it: small letters, digits, hyphens." : "", "name"));
    };

    const trigger = () => {
        const event = eventOf(definition.trigger.event);
        const events = vocabulary.events.map(({kind, label, entity: of}) => [kind, label, of]);
        const choose = select("Event", events, definition.trigger.event, (kind) => {
            definition.trigger = eventOf(kind).days ? {event: kind, days: definition.trigger.days || 30} : {event: kind};
            draw();
            changed();
        });
        const days = event?.days ? labelled("Days", input("Days", "number", definition.trigger.days, (text) => {
            definition.trigger.days = number(text);
            changed();
        }, {min: 0, max: 3650}), "", "trigger.days") : null;
        return element("div", {class: "wf-fields", "data-place": "trigger"}, labelled("It begins when", choose, "", "trigger.event"), days);
    };

    const goal = () => {
        const has = element("input", {type: "checkbox", id: "wf-goal", checked: Boolean(definition.goal), onchange: () => {
            if (has.checked) definition.goal = {any: []};
            else delete definition.goal;
            draw();
            changed();
            document.getElementById("wf-goal").focus();
        }});
        const label = element("label", {class: "wf-check"}, has, " Who reaches the goal goes no further");
        return element("div", {"data-place": "goal"}, label, definition.goal ? condition(context, definition.goal, "goal") : null);
    };

    const again = () => {
        const now = typeof definition.reentry === "object" ? "after" : definition.reentry || "once";
        const choices = [["once", "never"], ["again", "whenever it is through"], ["after", "after some days"]];
        const choose = select("Again", choices, now, (chosen) => {
            definition.reentry = chosen === "after" ? {after_days: 365} : chosen;
            draw();
            changed();
        });
        const days = now === "after" ? input("Days until it enters again", "number", definition.reentry.after_days, (text) => {
            definition.reentry.after_days = number(text);
            changed();
        }, {min: 1, max: 3650}) : null;
        return labelled("The same record enters again", element("div", {class: "wf-pair"}, choose, days), "", "reentry");
    };

    const rule = (name, label, note, fallback) => labelled(label,
        input(label, "number", definition[name] ?? fallback, (text) => set(name, text === "" ? "" : number(text)), {min: 0}), note, name);

    const draw = () => {
        const rules = element("div", {class: "wf-fields"}, again(),
            rule("priority", "Priority, 0 to 100", "Where a cap lets not all go, higher goes first.", 50),
            rule("freshness_minutes", "Mirror at most minutes old", "When something is sent. Empty: as old as it is."),
            rule("expires_hours", "A message waits at most hours", "Then it is dropped. Empty: as long as it takes."),
            rule("newest_hours", "Events of the last hours only", "What happened longer ago lets nobody in. Empty: 48."));
        box.replaceChildren(
            panel("Workflow", names(), trigger()),
            panel("Who enters", element("div", {class: "wf-two"}, condition(context, definition.entry, "entry"), shown)),
            panel("Goal", goal()),
            panel("Steps", steps(context, definition.steps, "steps")),
            panel("Rules", rules));
    };

    /* The form, or the JSON */
    const turn = () => {
        asJson = !asJson;
        box.hidden = asJson;
        json.hidden = !asJson;
        toggle.textContent = asJson ? "As a form" : "As JSON";
    };

    const open = () => {
        try {
            definition = read();
            draw();
        } catch (error) {
            area.setCustomValidity(`This cannot be shown as a form: ${error.message}`);
            area.reportValidity();
            return;
        }
        area.setCustomValidity("");
        turn();
        ask();
    };

    /* The server's word, at the place that it names, or at what is around it. */
    const point = ({place, said}) => {
        for (let here = place; here; here = here.replace(/(\.[a-z_]+|\[\d+\])$|^[a-z_]+$/, "")) {
            const found = box.querySelector(`[data-place="${here}"]`);
            if (found) {
                found.classList.add("wf-wrong");
                found.append(element("p", {class: "wf-said", role: "alert"}, said));
                found.scrollIntoView({block: "center"});
                return;
            }
        }
    };

    area.addEventListener("input", () => area.setCustomValidity(""));
    toggle.hidden = false;
    toggle.textContent = "As a form";
    toggle.addEventListener("click", () => (asJson ? open() : turn()));
    open();
    if (!asJson) point(given.error);
})();

/* Steps: a list of cards, and lists in the two parts of a branch. They change the given list in place. */
(() => {
    const {element, select, input, button, labelled} = window.hubWorkflow;
    const UNITS = [["m", "minutes"], ["h", "hours"], ["d", "days"], ["w", "weeks"]];
    const SENDS = ["send sms", "send email", "notify staff"];
    const DEEDS = [
        ["wait", "Wait for a time"], ["wait until", "Wait until a time of day"], ["wait for event", "Wait for an event"],
        ["send sms", "Send an SMS"], ["send email", "Send an e-mail"], ["notify staff", "Notify staff"], ["branch", "Branch"],
        ["split", "Control group"], ["stop", "Stop"],
    ];
    const BLANK = {
        "wait": () => ({for: "1d"}), "wait until": () => ({clock: "10:00"}),
        "wait for event": (context) => ({event: context.events[0].kind, at_most: "5d"}),
        "branch": () => ({if: {all: []}, then: [{do: "send sms", template: ""}]}),
        "split": () => ({control_percent: 10}), "stop": () => ({reason: ""}),
    };

    const blank = (context, deed, before) => {
        if (SENDS.includes(deed)) return {do: deed, template: before?.template ?? ""};
        return {do: deed, ...BLANK[deed](context)};
    };

    const span = (context, step, name, label, place) => {
        const match = /^(\d+)([mhdw])$/.exec(step[name] || "") || [null, "", "d"];
        const parts = {count: match[1], unit: match[2]};
        const write = () => {
            step[name] = `${parts.count}${parts.unit}`;
            context.changed();
        };
        const count = input(label, "number", parts.count, (text) => { parts.count = text; write(); }, {min: 1, step: 1});
        const unit = select(`${label}: unit`, UNITS, parts.unit, (chosen) => { parts.unit = chosen; write(); });
        return labelled(label, element("div", {class: "wf-pair"}, count, unit), "", `${place}.${name}`);
    };

    const text = (context, step, name, label, place, type, more) => {
        const read = (given) => (type === "number" ? window.hubWorkflow.number(given) : given);
        const control = input(label, type, step[name], (given) => {
            step[name] = read(given);
            context.changed();
        }, more);
        return labelled(label, control, "", `${place}.${name}`);
    };

    const eventFields = (context, step, place) => {
        const events = context.events.map(({kind, label}) => [kind, label]);
        const chosen = select("Event", events, step.event, (kind) => { step.event = kind; context.changed(); });
        return [labelled("Until", chosen, "", `${place}.event`), span(context, step, "at_most", "At most", place)];
    };

    const branchFields = (context, step, place) => {
        const parts = [
            labelled("If", window.hubWorkflow.condition(context, step.if, `${place}.if`)),
            labelled("Then", drawList(context, step.then, `${place}.then`)),
        ];
        step.else = step.else || [];
        return [...parts, labelled("Otherwise", drawList(context, step.else, `${place}.else`, true))];
    };

    const FIELDS = {
        "wait": (context, step, place) => [span(context, step, "for", "For", place)],
        "wait until": (context, step, place) => [text(context, step, "clock", "It is", place, "time")],
        "wait for event": eventFields,
        "branch": branchFields,
        "split": (context, step, place) => [text(context, step, "control_percent", "Percent that get nothing", place, "number", {min: 1, max: 99})],
        "stop": (context, step, place) => [text(context, step, "reason", "Why", place, "text")],
    };
    const sendFields = (context, step, place) => [text(context, step, "template", "Template", place, "text", {placeholder: "unsold-estimate-1"})];

    const fieldsOf = (context, step, place) => (SENDS.includes(step.do) ? sendFields : FIELDS[step.do] || (() => []))(context, step, place);

    const drawStep = (context, list, index, place, again) => {
        const step = list[index];
        const swap = (other) => () => {
            [list[index], list[other]] = [list[other], list[index]];
            again();
        };
        const remove = () => {
            list.splice(index, 1);
            again();
        };
        const deed = select("What it does", DEEDS, step.do, (chosen) => {
            list[index] = blank(context, chosen, step);
            again();
        });
        const tools = element("span", {class: "wf-tools"},
            button("↑", "Move up", swap(index - 1), {disabled: index === 0}),
            button("↓", "Move down", swap(index + 1), {disabled: index === list.length - 1}),
            button("×", "Remove this step", remove));
        const begin = [element("b", {class: "wf-number"}, `${index + 1}`), deed];
        const fields = fieldsOf(context, step, place);
        const parts = step.do === "branch"
            ? [element("div", {class: "wf-row"}, ...begin, tools), element("div", {class: "wf-branch"}, ...fields)]
            : [element("div", {class: "wf-row wf-inline"}, ...begin, ...fields, tools)];
        return element("li", {class: "wf-step", "data-place": place}, ...parts);
    };

    /* Steps are counted from 1, as the server counts them. */
    function drawList(context, list, place, mayBeEmpty = false) {
        const root = element("div", {"data-place": place});
        const draw = () => {
            const again = () => {
                draw();
                context.changed();
            };
            const items = list.map((_, index) => drawStep(context, list, index, `${place}[${index + 1}]`, again));
            const add = button("Add a step", "Add a step", () => {
                list.push(blank(context, "wait"));
                again();
            });
            const none = list.length || !mayBeEmpty ? null : element("p", {class: "hub-note"}, "No step: it goes on below.");
            root.replaceChildren(...[element("ol", {class: "wf-steps"}, ...items), none, add].filter(Boolean));
        };
        draw();
        return root;
    }

    window.hubWorkflow.steps = drawList;
})();

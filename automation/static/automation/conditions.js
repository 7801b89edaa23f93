/* Conditions: groups of rows, all or any of them, and groups in groups. They change the given object in place. */
(() => {
    const {element, select, input, button, number} = window.hubWorkflow;
    const KINDS = [["all", "all of these hold"], ["any", "any of these holds"]];

    const kindOf = (group) => (Array.isArray(group.any) ? "any" : "all");

    const fieldOf = (context, name) => context.fields().find((field) => field.name === name);

    const takes = (context, row) => {
        const field = fieldOf(context, row.field);
        return field ? context.operators[field.kind][row.op] : undefined;
    };

    /* Where the operator takes no value there must be none, and the other way round. */
    const settle = (context, row) => {
        const field = fieldOf(context, row.field);
        if (field && !(row.op in context.operators[field.kind])) row.op = Object.keys(context.operators[field.kind])[0];
        const wanted = takes(context, row);
        if (wanted === "") delete row.value;
        else if (wanted === "some") row.value = Array.isArray(row.value) ? row.value : row.value === undefined || row.value === "" ? [] : [row.value];
        else if (wanted === "one") row.value = Array.isArray(row.value) ? row.value[0] ?? "" : row.value ?? "";
    };

    const valueControl = (context, row) => {
        const wanted = takes(context, row);
        const numeric = fieldOf(context, row.field)?.kind !== "text";
        const read = (text) => (numeric ? number(text) : text);
        if (!wanted) return null;
        if (wanted === "some") {
            return input("Values", "text", row.value.join(", "), (text) => {
                row.value = text.split(",").map((one) => one.trim()).filter((one) => one !== "").map(read);
                context.changed();
            }, {placeholder: "one, another"});
        }
        return input("Value", numeric ? "number" : "text", row.value, (text) => {
            row.value = read(text);
            context.changed();
        }, numeric ? {step: "any"} : {});
    };

    const drawRow = (context, row, place, remove) => {
        const root = element("div", {class: "wf-row wf-line", "data-place": place});
        const draw = (focus) => {
            const field = fieldOf(context, row.field);
            const fields = context.fields().map(({name, label, group}) => [name, label, group.replaceAll("_", " ")]);
            const operators = field ? Object.keys(context.operators[field.kind]).map((op) => [op, op]) : [[row.op, row.op]];
            const change = (name) => (value) => {
                row[name] = value;
                settle(context, row);
                draw(name);
                context.changed();
            };
            const controls = {field: select("Field", fields, row.field, change("field")), op: select("Operator", operators, row.op, change("op"))};
            root.replaceChildren(...[controls.field, controls.op, valueControl(context, row),
                button("×", "Remove this row", remove)].filter(Boolean));
            if (focus) controls[focus].focus();
        };
        draw();
        return root;
    };

    const blank = (context) => {
        const fields = context.fields();
        const row = {field: (fields.find((field) => field.kind === "text") || fields[0]).name, op: ""};
        settle(context, row);
        return row;
    };

    /* `remove` is there for a group in a group. */
    const drawGroup = (context, group, place, depth, remove) => {
        const root = element("div", {class: "wf-group", "data-place": place});
        const draw = () => {
            const kind = kindOf(group);
            const parts = group[kind];
            const again = () => {
                draw();
                context.changed();
            };
            const head = element("div", {class: "wf-row"}, select("All or any", KINDS, kind, (chosen) => {
                delete group[kind];
                group[chosen] = parts;
                again();
            }), remove ? button("×", "Remove this group", remove) : null);
            const drawn = parts.map((part, index) => {
                const here = `${place}.${kind}[${index}]`;
                const gone = () => {
                    parts.splice(index, 1);
                    again();
                };
                return "field" in part ? drawRow(context, part, here, gone) : drawGroup(context, part, here, depth + 1, gone);
            });
            const add = (make) => () => {
                parts.push(make());
                again();
            };
            const foot = element("div", {class: "wf-row"},
                button("Add a row", "Add a row", add(() => blank(context))),
                depth < context.deepest ? button("Add a group", "Add a group", add(() => ({any: [blank(context)]}))) : null);
            const none = parts.length ? null : element("p", {class: "hub-note"}, kind === "all" ? "No row: it always holds." : "No row: it never holds.");
            root.replaceChildren(...[head, none, ...drawn, foot].filter(Boolean));
        };
        draw();
        return root;
    };

    window.hubWorkflow.condition = (context, group, place) => drawGroup(context, group, place, 1, null);
})();

(() => {
    /* A click on a copyable value copies it; where the browser refuses (no https), it selects it. */
    const select = (element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const selection = window.getSelection();
        selection.removeAllRanges();
        selection.addRange(range);
    };

    const copy = async (element) => {
        try {
            await navigator.clipboard.writeText(element.textContent);
            element.classList.add("hub-copied");
            setTimeout(() => element.classList.remove("hub-copied"), 1200);
        } catch {
            select(element);
        }
    };

    document.addEventListener("click", (event) => {
        const element = event.target.closest("[data-copy]");
        if (element) copy(element);
    });

    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.matches("[data-copy]")) copy(event.target);
    });

    /* What is fetched behind the page must not fail in silence: an old "All good" would be untrue. */
    const tell = (text) => {
        let note = document.getElementById("hub-trouble");
        if (!note) {
            note = document.createElement("p");
            note.id = "hub-trouble";
            note.setAttribute("role", "alert");
            document.body.append(note);
        }
        note.textContent = text;
    };

    const failed = (event) => {
        const status = event.detail.xhr && event.detail.xhr.status;
        const why = status ? `the server answered ${status}` : "the server does not answer";
        const what = event.detail.target && event.detail.target.id === "dashboard"
            ? "This page is not refreshed any more, and may be out of date"
            : "That did not work";
        tell(`${what}: ${why}. Please reload the page.`);
    };

    document.addEventListener("htmx:responseError", failed);
    document.addEventListener("htmx:sendError", failed);
    document.addEventListener("htmx:timeout", failed);

    document.addEventListener("htmx:beforeSwap", (event) => {
        const address = event.detail.xhr.responseURL || "";
        if (new URL(address, window.location.href).pathname.endsWith("/login/")) {
            event.detail.shouldSwap = false; /* the session is over */
            window.location.reload();
        } else {
            document.getElementById("hub-trouble")?.remove();
        }
    });
})();

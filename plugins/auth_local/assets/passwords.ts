/** `<password-field>` gives a password a button that shows what was typed; a page of secrets gets printed. */

class PasswordField extends HTMLElement {
  connectedCallback(): void {
    const input = this.querySelector("input");
    if (!input || this.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.dataset["shows"] = input.id;
    button.setAttribute("aria-controls", input.id);
    const show = (shown: boolean): void => {
      input.type = shown ? "text" : "password";
      button.textContent = (shown ? this.dataset["hide"] : this.dataset["show"]) ?? "";
    };
    show(false);
    button.addEventListener("click", () => { show(input.type === "password"); input.focus(); });
    // What is remembered by the browser and saved by it must be known as a password.
    input.form?.addEventListener("submit", () => show(false));
    input.after(button);
  }
}

customElements.define("password-field", PasswordField);
document.querySelector("[data-prints]")?.addEventListener("click", () => print());

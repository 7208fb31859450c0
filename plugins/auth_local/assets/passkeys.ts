/**
 * `<passkey-form>` holds a form whose field `credential` the browser's passkeys fill in: with a new one
 * (`data-create`) or with the answer of one that is there (`data-get`), both after the server's options. Without
 * scripts, or where the browser has no passkeys, the form stays hidden: the password is always there.
 */

type Json = Record<string, unknown>;

class PasskeyForm extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector("form");
    if (!form || !("PublicKeyCredential" in window)) return;
    this.hidden = false;
    const field = form.elements.namedItem("credential") as HTMLInputElement;
    form.addEventListener("submit", (event) => {
      if (field.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      void this.#ask(form, field, event.submitter);
    }, true);
  }

  async #ask(form: HTMLFormElement, field: HTMLInputElement, submitter: HTMLElement | null): Promise<void> {
    const status = this.querySelector("[role=status]");
    try {
      const made = this.dataset["create"]
        ? await navigator.credentials.create({ publicKey: forCreating(JSON.parse(this.dataset["create"]) as Json) })
        : await navigator.credentials.get({ publicKey: forGetting(JSON.parse(this.dataset["get"] ?? "{}") as Json) });
      field.value = JSON.stringify(written(made as PublicKeyCredential));
      form.requestSubmit(submitter);
    } catch {
      // Called off, timed out or refused: browsers do not tell which.
      if (status) status.textContent = this.dataset["failed"] ?? "";
    }
  }
}

function bytes(text: unknown): Uint8Array<ArrayBuffer> {
  const plain = atob(String(text).replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function descriptors(listed: unknown): PublicKeyCredentialDescriptor[] {
  return ((listed ?? []) as Json[]).map((each) => ({ type: "public-key", id: bytes(each["id"]) }));
}

function forCreating(options: Json): PublicKeyCredentialCreationOptions {
  const user = options["user"] as Json;
  return {
    ...(options as unknown as PublicKeyCredentialCreationOptions),
    challenge: bytes(options["challenge"]),
    user: { ...(user as unknown as PublicKeyCredentialUserEntity), id: bytes(user["id"]) },
    excludeCredentials: descriptors(options["excludeCredentials"]),
  };
}

function forGetting(options: Json): PublicKeyCredentialRequestOptions {
  return {
    ...(options as unknown as PublicKeyCredentialRequestOptions),
    challenge: bytes(options["challenge"]),
    allowCredentials: descriptors(options["allowCredentials"]),
  };
}

function written(credential: PublicKeyCredential): Json {
  const response: Json = { clientDataJSON: text(credential.response.clientDataJSON) };
  if (credential.response instanceof AuthenticatorAttestationResponse) {
    response["attestationObject"] = text(credential.response.attestationObject);
  } else if (credential.response instanceof AuthenticatorAssertionResponse) {
    response["authenticatorData"] = text(credential.response.authenticatorData);
    response["signature"] = text(credential.response.signature);
    if (credential.response.userHandle) response["userHandle"] = text(credential.response.userHandle);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

customElements.define("passkey-form", PasskeyForm);

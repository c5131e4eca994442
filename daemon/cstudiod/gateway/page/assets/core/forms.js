// What is wrong with a form's fields, all at once.

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * What is wrong with a new studio's fields; what the daemon said about one of them is there, too.
 * @param {{project: string, name: string, template: string}} values
 * @param {{message: string, reason?: string, metadata: Record<string, string>} | null} failure
 * @returns {Record<string, string>} by field
 */
export function faultsOf(values, failure) {
  /** @type {Record<string, string>} */
  const faults = {};
  if (!values.project) faults.project = "A studio belongs to a project";
  if (!values.name) faults.name = "A studio needs a name";
  else if (!NAME.test(values.name)) faults.name = "Use at most 63 lower-case letters, digits, “-” and “_”, and begin with a letter or digit";
  if (!values.template) faults.template = "Choose what it is made from";
  const field = failure?.reason === "ALREADY_EXISTS" ? "name" : failure?.metadata.field?.split(".").pop();
  if (failure && field && field in values && !faults[field]) faults[field] = failure.message;
  return faults;
}

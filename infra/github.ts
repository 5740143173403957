/** The read-only role of CI, by GitHub's OpenID Connect: no key is stored anywhere. */
import { OpenIdConnectProvider, Role, RolePolicy } from "@pulumi/aws/iam/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "./config.ts";
import type { StackContext } from "./context.ts";
import { ciStatements, policyDocument, trustGitHub } from "./permissions.ts";

export interface CiRoleArgs {
  stack: StackContext;
  github: NonNullable<Config["github"]>;
  bucketArn: pulumi.Input<string>;
}

const SESSION_SECONDS = 60 * 60;

/** May read saved inventories and reports. Only workflows of the branches and environments that are named take it. */
export class CiRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: CiRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:CiRole", name, {}, opts);
    const own = { parent: this };
    const { stack, github } = args;
    const provider = github.provider ?? openProvider(stack, own).arn;
    const role = new Role(
      name,
      {
        description: `Reads Curfew's saved inventories and reports in the CI of ${github.repository}`,
        assumeRolePolicy: policyDocument([trustGitHub(provider, subjectsOf(github))]),
        maxSessionDuration: SESSION_SECONDS,
        tags: stack.tags,
      },
      own,
    );
    const policy = policyDocument(ciStatements(args.bucketArn, stack));
    new RolePolicy(name, { role: role.id, policy }, own);
    this.arn = role.arn;
    this.registerOutputs({ arn: role.arn });
  }
}

/** An account has one; where there is one already, curfew:github.provider names it. */
function openProvider({ tags }: StackContext, own: pulumi.CustomResourceOptions) {
  return new OpenIdConnectProvider(
    "github",
    {
      url: "https://token.actions.githubusercontent.com",
      clientIdLists: ["sts.amazonaws.com"],
      tags,
    },
    // Other stacks of the account may have come to rely on it.
    { ...own, retainOnDelete: true },
  );
}

/**
 * Never `pull_request`: a fork's pull request has that subject too. The form: GitHub's "OpenID Connect reference",
 * example subject claims.
 */
function subjectsOf({ repository, branches, environments, subjects }: CiRoleArgs["github"]) {
  return [
    ...branches.map((branch) => `repo:${repository}:ref:refs/heads/${branch}`),
    ...environments.map((environment) => `repo:${repository}:environment:${environment}`),
    ...subjects,
  ];
}

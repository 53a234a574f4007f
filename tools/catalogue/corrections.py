"""What AWS' list of actions has wrong, put right whenever the tables are made anew.

Each correction says what is missing, and has nothing to do once the source has it."""

# Two services share the prefix: of actions that both have, the list tells of the older one, whose only resource is a classic
# load balancer. Those of the newer one are tagged, changed and deleted by the same actions.
BALANCERS = ["loadbalancer/app/", "loadbalancer/gwy/", "loadbalancer/net/"]
TAGGED = BALANCERS + ["listener/app", "listener/gwy", "listener/net", "listener-rule/app", "listener-rule/net",
                      "targetgroup", "truststore"]

# Service and action, types of resource that its requests name besides, and whether each request names one of them all.
TYPES = [
    ("elasticloadbalancing", "AddTags", TAGGED, True),
    ("elasticloadbalancing", "RemoveTags", TAGGED, True),
    ("elasticloadbalancing", "CreateLoadBalancer", BALANCERS, False),
    ("elasticloadbalancing", "DeleteLoadBalancer", BALANCERS, True),
    ("elasticloadbalancing", "ModifyLoadBalancerAttributes", BALANCERS, True),
    # The streams of one table are listed with their ARN.
    ("dynamodb", "ListStreams", ["stream"], False),
]

# What was made before a service was renamed keeps its ARN, and is used by actions of either name.
FORMER = {"codeconnections": "codestar-connections"}


def apply(actions, types):
    """Puts the actions and types of resource of all services right, in place."""
    for service, name, kinds, required in TYPES:
        action = actions.get(service, {}).get(name.lower())
        if action is None:
            continue
        known = {kind["name"].lower() for kind in action["resourceTypes"]}
        for kind in kinds:
            found = types.get(service, {}).get(kind.lower())
            if found and kind.lower() not in known:
                action["resourceTypes"].append(
                    {"name": found["key"], "required": required, "conditionKeys": [], "dependentActions": []}
                )
    for service, former in FORMER.items():
        for kind in types.get(service, {}).values():
            if former not in kind["arn"]:
                kind["arn"] += "," + kind["arn"].replace(f":{service}:", f":{former}:", 1)

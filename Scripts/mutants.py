"""One change for each safety rule and each of its constants: file, text, replacement, rule."""

FILTER = "Sources/Safety/SafetyFilter.swift"
STAGES = "Sources/Safety/SafetyFilter+Stages.swift"
TOOL = "Sources/Safety/SafetyFilter+Tool.swift"
SETPOINTS = "Sources/Safety/SafetyFilter+Setpoints.swift"
FENCE = "Sources/Safety/Fence.swift"
SUPERVISOR = "Sources/Safety/Supervisor.swift"
LIMITS = "Sources/Safety/SafetyLimits.swift"
JOINTS = "Sources/Safety/JointLimits.swift"
MARGIN = "Sources/Safety/GainMargin.swift"
LOOP = "Sources/ControlLoop/ControlLoop.swift"
LOG = "Sources/ControlLoop/InterventionLog.swift"
SCHEDULE = "Sources/ControlLoop/SetpointSchedule.swift"
LAW = "Sources/ImpedanceControl/CartesianImpedance.swift"

MUTANTS = [
    # The torque's stages.
    (FILTER, "if asked.isFinite, state.position.isFinite,", "if state.position.isFinite,", "asked torque finite"),
    (FILTER, "state.position.isFinite, state.velocity.isFinite,", "state.velocity.isFinite,", "positions finite"),
    (FILTER, "state.velocity.isFinite, state.jacobian.isFinite", "state.jacobian.isFinite", "velocities finite"),
    (FILTER, "state.velocity.isFinite, state.jacobian.isFinite {", "state.velocity.isFinite {", "Jacobian finite"),
    (FILTER, "velocity[i].isFinite ? -stopDamping * velocity[i] : 0", "-stopDamping * velocity[i]", "damped stop of an unknown velocity"),
    (FILTER, "? -stopDamping * velocity[i]", "? 0 * velocity[i]", "damping of the damped stop"),
    (FILTER, "      pushOffPositionLimits(&torque, state, &events)\n", "", "joint position margin"),
    (STAGES, "along * max(0, 1 - depth) : along\n      torque[i] = outward", "along : along\n      torque[i] = outward", "fade of outward torque in the margin"),
    (FILTER, "positionPush = 0.25", "positionPush = 0.0", "push of 0.25 of the torque limit"),
    (FILTER, "      brakeJoints(&torque, state, &events)\n", "", "joint speed"),
    (FILTER, "velocityOnset = 0.9", "velocityOnset = 0.95", "onset at 0.9 of the speed limit"),
    (STAGES, "let damping = limits.joints.torque[i] / limits.joints.velocity[i]", "let damping = 0.0", "braking above the onset"),
    (STAGES, "min(\n      limits.joints.velocity[i], (2 * Self.deceleration * max(0, distance)).squareRoot())", "limits.joints.velocity[i]", "speed limit falls toward a position limit"),
    (FILTER, "deceleration = 5.0", "deceleration = 20.0", "deceleration of 5 rad/s²"),
    (FILTER, "      brakeTool(&torque, state, &events)\n", "", "tool speeds"),
    (TOOL, "excess(of: tool.linear.length, over: limits.toolSpeed)", "excess(of: tool.linear.length, over: .infinity)", "linear tool speed"),
    (TOOL, "excess(of: tool.angular.length, over: limits.toolTurnSpeed)", "excess(of: tool.angular.length, over: .infinity)", "angular tool speed"),
    (TOOL, "min(1, 10 * share)", "min(1, 0 * share)", "fade of power above a tool speed"),
    (FILTER, "toolDamping = 200.0", "toolDamping = 100.0", "damping of 200 N·s/m above the tool's speed"),
    (FILTER, "toolTurnDamping = 5.0", "toolTurnDamping = 2.5", "damping of 5 N·m·s/rad above the tool's angular speed"),
    (FILTER, "      pushIntoFence(&torque, state, &events)\n", "", "spring of the fence"),
    (FILTER, "fenceStiffness = 200.0", "fenceStiffness = 150.0", "200 N/m of that spring"),
    (TOOL, "guard depth > limits.fenceSlack, depth", "guard depth > 0, depth", "slack of the fence"),
    (TOOL, ", depth <= limits.fenceMargin else", " else", "no spring beyond the margin"),
    (FILTER, "      limitComingSpeeds(&torque, state, &events)\n", "", "joint speeds to come"),
    (STAGES, "2 * rate * inertia * room).squareRoot() - step", "4 * rate * inertia * room).squareRoot() - step", "factor 2 of the speeds to come"),
    (STAGES, "room).squareRoot() - step", "room).squareRoot() - 0", "a period's hold in the speeds to come"),
    (FILTER, "    }\n    limitTorque(&torque, &events)\n", "    }\n", "torque limit after the stages, and overflow"),
    (FILTER, "      limitTorque(&torque, &events)\n      push", "      push", "torque limit before the stages"),
    (STAGES, "if asked.isNaN {", "if false {", "overflow of a stage"),
    (STAGES, "} else if abs(asked) > limits.joints.torque[i] {", "} else if abs(asked) > .infinity {", "torque limit"),
    (FILTER, "    limitRate(&torque, from: last, &events)\n", "", "torque rate"),
    (STAGES, "let start = last[i].isFinite ? min(max(last[i], -limit), limit) : 0", "let start = min(max(last[i], -limit), limit)", "rate after a last torque that is no number"),
    (STAGES, "last[i].isFinite ? min(max(last[i], -limit), limit) : 0", "last[i].isFinite ? last[i] : 0", "rate after a last torque beyond the limit"),
    (FILTER, "if contact(in: state) >= .report { events.insert(.contact) }", "", "report of a contact"),
    # The setpoint's stages.
    (SETPOINTS, "    limitGains(&safe.allowed.compliance, &safe.events)\n", "", "gains"),
    (SETPOINTS, "to: most.translationalStiffness,", "to: .infinity,", "translational stiffness"),
    (SETPOINTS, "to: most.translationalDamping,", "to: .infinity,", "translational damping"),
    (SETPOINTS, "to: most.rotationalStiffness,", "to: .infinity,", "rotational stiffness"),
    (SETPOINTS, "to: most.rotationalDamping,", "to: .infinity,", "rotational damping"),
    (SETPOINTS, "to: most.nullspaceStiffness,", "to: .infinity,", "posture stiffness"),
    (SETPOINTS, "    limitClips(&safe.allowed.compliance, &safe.events)\n", "", "stiffness times clip"),
    (SETPOINTS, "cut(&gains.clipAgainst[axis], to: shift", "cut(&gains.clipAgainst[axis], to: .infinity", "clip of one side"),
    (SETPOINTS, "cut(&gains.clipRotation[axis], to: turn", "cut(&gains.clipRotation[axis], to: .infinity", "clip of rotation"),
    (SETPOINTS, "    keepFromPushing(&safe.allowed.baseFromTool, inForce, state, &safe.events)\n", "", "no further into a soft contact"),
    (SETPOINTS, "wrench.force.length >= limits.contactForce.soft", "wrench.force.length >= .infinity", "soft force"),
    (SETPOINTS, "wrench.torque.length >= limits.contactMoment.soft", "wrench.torque.length >= .infinity", "soft moment"),
    (SETPOINTS, "    limitJump(&safe.allowed.baseFromTool, inForce, anchor, &safe.events)\n", "", "setpoint jump"),
    (SETPOINTS, "if let share = share(of: limits.setpointJump, from: tool.translation, to: pose.translation) {", "if let share = share(of: .infinity, from: tool.translation, to: pose.translation) {", "distance from the tool"),
    (SETPOINTS, "if let share = share(of: limits.setpointJump, from: inForce.translation, to: pose.translation),", "if let share = share(of: .infinity, from: inForce.translation, to: pose.translation),", "distance from the one in force"),
    (SETPOINTS, "if let share = shareOfTurn(from: tool.rotation, to: pose.rotation) {", "if let share = shareOfTurn(from: tool.rotation, to: tool.rotation) {", "turn from the tool"),
    (SETPOINTS, "if isNear, let share", "if false, let share", "turn from the one in force"),
    (SETPOINTS, "      safe.allowed.baseFromTool = inside\n", "", "fence of the commanded pose"),
    (SETPOINTS, "return isBeyondFence(baseFromTool) ? fence.grown(to: baseFromTool) : fence", "return fence", "approach from outside"),
    (FENCE, "grown.upper = pointwiseMax(upper, offset)", "grown.upper = pointwiseMax(upper, 2 * offset)", "no further out than the tool"),
    (FENCE, "if Self.differ(inside, offset) {", "if false {", "translation of the fence"),
    (FENCE, "if Self.differ(allowed, asked) {", "if false {", "rotation of the fence"),
    # Stop reasons.
    (SUPERVISOR, "guard state.isFinite else { return .notFinite }\n    let joints", "let joints", "stop: not finite"),
    (SUPERVISOR, "if position > joints.upper[i] || position < joints.lower[i] {", "if position > joints.upper[i] {", "stop: lower position limit"),
    (SUPERVISOR, "if position > joints.upper[i] || position < joints.lower[i] {", "if position < joints.lower[i] {", "stop: upper position limit"),
    (SUPERVISOR, "if abs(state.velocity[i]) > joints.velocity[i] {", "if abs(state.velocity[i]) > .infinity {", "stop: joint speed"),
    (SUPERVISOR, "if isFenceClosed, isBeyondFence", "if false, isBeyondFence", "stop: outside the fence"),
    (SUPERVISOR, "if !isFenceClosed { isFenceClosed = ", "if !isFenceClosed { isFenceClosed = true || ", "stop: not before the tool has been inside"),
    (SETPOINTS, "fence.outward(of: baseFromTool.translation).length <= limits.fenceMargin", "true", "stop: margin of the fence"),
    (SETPOINTS, "fence.excessTurn(of: baseFromTool.rotation).length <= limits.fenceTurnMargin", "true", "stop: turned out of the fence"),
    (SUPERVISOR, "return contactStop(state)", "return nil", "stop: contact"),
    (FILTER, "return force >= limits.contactForce.hard || moment", "return moment", "stop: contact force"),
    (FILTER, "limits.contactForce.hard || moment >= limits.contactMoment.hard", "limits.contactForce.hard", "stop: contact moment"),
    (SUPERVISOR, "mostSaturated = 50", "mostSaturated = 55", "stop: 50 saturated ticks"),
    (SUPERVISOR, "early = (early << 1 | late >> 63) & (1 << UInt64(Self.window - 64) - 1)", "early = early << 1 | late >> 63", "stop: of 100"),
    (SUPERVISOR, "if abs(acted[i]) >= nearly * limits.torque[i] { return true }", "", "stop: torque at its limit"),
    (SUPERVISOR, "if abs(acted[i] - torque[i]) >= nearly * step { return true }", "", "stop: torque at its rate"),
    (SUPERVISOR, "&& (pose + wrench).dot(.one).isFinite", "", "stop: pose and wrench finite"),
    # Limits.
    (LIMITS, "positionMargin: max(a.positionMargin, b.positionMargin)", "positionMargin: a.positionMargin", "tightest: position margin"),
    (LIMITS, "toolSpeed: min(a.toolSpeed, b.toolSpeed)", "toolSpeed: a.toolSpeed", "tightest: tool speed"),
    (LIMITS, "both.setpointJump = min(a.setpointJump, b.setpointJump)", "both.setpointJump = a.setpointJump", "tightest: jump"),
    (LIMITS, "hard: min(a.hard, b.hard))", "hard: a.hard)", "tightest: hard contact"),
    (JOINTS, "lower: JointVector { max(a.lower[$0], b.lower[$0]) }", "lower: a.lower", "tightest: lower position"),
    (JOINTS, "torqueRate: JointVector { min(a.torqueRate[$0], b.torqueRate[$0]) })", "torqueRate: a.torqueRate)", "tightest: torque rate"),
    (FILTER, "    try limits.validate()\n", "", "refusal of limits that no arm can keep"),
    (MARGIN, "product < 0.5 ? .comfortable : product < .pi / 2", "product < 0.5 ? .comfortable : product < .pi", "gains unstable from π/2 on"),
    (MARGIN, "product < 0.5 ?", "product < 0.6 ?", "gains comfortable below 0.5"),
    # The loop and the law.
    (LOOP, "    admitSetpoint(at: state)\n", "", "setpoints pass the filter"),
    (LOOP, "last = filter.admit(asked, for: state, last: before)", "last = SafeTorque(asked: asked, allowed: asked, events: [])", "torques pass the filter"),
    (LOOP, "return state.tick == lastTick + 1 ? last.allowed : state.torque", "return last.allowed", "rate after a gap counts from what acted"),
    (LOOP, "    told.add(safe, tick: state.tick)\n", "", "setpoint interventions are told"),
    (LOOP, "      told.add(last, tick: state.tick)\n", "", "torque interventions are told"),
    (LOOP, "wasInContact ? last.events.subtracting(.contact) : last.events", "last.events", "a contact is told once"),
    (LOG, "    lost += 1\n", "", "interventions not kept are counted"),
    (SCHEDULE, "guard setpoint.sequence > newest else {", "guard setpoint.sequence > 0 else {", "sequence of setpoints"),
    (SCHEDULE, "guard setpoint.isUsable else { throw .invalid(sequence: setpoint.sequence) }", "", "setpoints are finite and not negative"),
    (LAW, "error.clamped(-gains.clipAgainst, gains.clipToward)", "error", "clip of the position error"),
    (LAW, "turn.rotationVector.clamped(-gains.clipRotation, gains.clipRotation)", "turn.rotationVector", "clip of the rotation error"),
    (LAW, "- bounded(gains.translationalDamping) * twist.linear", "", "damping of the law"),
    (LAW, "- bounded(gains.rotationalDamping) * twist.angular", "", "rotational damping of the law"),
]

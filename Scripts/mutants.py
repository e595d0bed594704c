"""Changes that the tests must notice, one for each safety rule and each of its constants: file, text, replacement, rule."""

FILTER = "Sources/Safety/SafetyFilter.swift"
STAGES = "Sources/Safety/SafetyFilter+Stages.swift"
TOOL = "Sources/Safety/SafetyFilter+Tool.swift"
SETPOINTS = "Sources/Safety/SafetyFilter+Setpoints.swift"
FENCE = "Sources/Safety/Fence.swift"
SUPERVISOR = "Sources/Safety/Supervisor.swift"
MODES = "Sources/Safety/DriverMode+Transitions.swift"
MACHINE = "Sources/Safety/DriverMachine.swift"
LIMITS = "Sources/Safety/SafetyLimits.swift"
GUARD = "Sources/Safety/DriverGuard.swift"
JOINTS = "Sources/Safety/JointLimits.swift"
MARGIN = "Sources/Safety/GainMargin.swift"
LOOP = "Sources/ControlLoop/ControlLoop.swift"
LOG = "Sources/ControlLoop/InterventionLog.swift"
SCHEDULE = "Sources/ControlLoop/SetpointSchedule.swift"
LAW = "Sources/ImpedanceControl/CartesianImpedance.swift"
SEAL = "Sources/Wire/Seal.swift"
SERVER = "Sources/Wire/Server.swift"
OPTIONS = "Sources/Wire/SocketOptions.swift"
DOORKEEPER = "Sources/Wire/Doorkeeper.swift"
ENDPOINT = "Sources/Wire/Endpoint.swift"
SECURITY = "Sources/Wire/Security.swift"
GAINS = "Sources/Sessions/GainCheck.swift"
DRIVER = "Sources/Sessions/DriverSession.swift"
LOCKSTEP = "Sources/Sessions/DriverSession+Lockstep.swift"
REAL_TIME = "Sources/Sessions/DriverSession+RealTime.swift"
WATCH = "Sources/Sessions/Watch.swift"
STOPS = "Sources/Sessions/StopDesk.swift"
JOURNAL = "Sources/Sessions/InterventionJournal.swift"
ARM_LINK = "Sources/Sessions/ArmLink.swift"

DRY_RUN = "a dry run names the rule about gains"
SILENCE = "a tick that nobody answers stops the arm"
PROBE = "a torque that came many times is no sign of life"
PERSON = "a stop is answered at once, and a recovery"
MAD = "a controller gone mad"
ENDING = "a driver that ends brings a moving arm to rest"
NEWS = "what was published before the driver"

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
    (FILTER, "speedTolerance = 0.001", "speedTolerance = 0.0", "tolerance of 0.001 rad/s below a speed to come"),
    (FILTER, "jointBrake = 2.0", "jointBrake = 1.0", "braking above the onset"),
    (STAGES, "min(\n      limits.joints.velocity[i],\n      (2 * Self.deceleration * max(0, distance - Self.positionGuard)).squareRoot())", "limits.joints.velocity[i]", "speed limit falls toward a position limit"),
    (FILTER, "deceleration = 5.0", "deceleration = 20.0", "deceleration of 5 rad/s²"),
    (FILTER, "positionGuard = 0.02", "positionGuard = 0.0", "guard of 0.02 rad before a position limit"),
    (FILTER, "      brakeTool(&torque, state, &events)\n", "", "tool speeds"),
    (TOOL, "depth(of: tool.linear.length, toward: limits.toolSpeed)", "depth(of: tool.linear.length, toward: .infinity)", "linear tool speed"),
    (TOOL, "depth(of: tool.angular.length, toward: limits.toolTurnSpeed)", "depth(of: tool.angular.length, toward: .infinity)", "angular tool speed"),
    (TOOL, "(depth * power / state", "(0 * power / state", "fade of power toward a tool speed"),
    (FILTER, "toolOnset = 0.75", "toolOnset = 0.8", "onset at 0.75 of the tool's speed limits"),
    (FILTER, "toolDamping = 200.0", "toolDamping = 100.0", "damping of 200 N·s/m above the tool's speed"),
    (FILTER, "toolTurnDamping = 5.0", "toolTurnDamping = 2.5", "damping of 5 N·m·s/rad above the tool's angular speed"),
    (FILTER, "if isFenceClosed { pushIntoFence(&torque, state, &events) }", "", "spring of the fence"),
    (FILTER, "if isFenceClosed { pushIntoFence", "if true { pushIntoFence", "no spring before the tool has been inside"),
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
    # The driver's modes.
    (MODES, "    case (_, .userStopped): .userStopped\n", "", "a person's stop from any mode"),
    (MODES, "(.active, .silent), (.holding, .silent): .dampedStop", "(.active, .silent), (.holding, .silent): .holding", "damped stop after silence"),
    (MODES, "case (.active, .late): .holding", "case (.active, .late): .active", "hold after a late torque"),
    (MODES, "    case (.idle, .faulted), (.ready, .faulted), (.active, .faulted), (.holding, .faulted):\n      .dampedStop\n", "", "damped stop for a reason to stop"),
    (MODES, "case (.fault, .recovered), (.userStopped, .recovered): .ready", "case (.fault, .recovered), (.userStopped, .recovered), (.dampedStop, .recovered): .ready", "no recovery while it moves"),
    (MACHINE, "guard setpoint >= leastSetpoint else { return false }", "", "no setpoint from before a stop"),
    (MACHINE, "    leastSetpoint = max(lastSetpoint, lastSetpoint &+ 1)\n", "", "a recovery asks for a newer setpoint"),
    (MACHINE, "guard mode == .active else { return false }\n    lastCommand", "lastCommand", "torques act only in a session and not after a stop"),
    (MACHINE, "guard stands else { return false }", "", "an arm that moves is not let go"),
    (MACHINE, "if mode.isStopped, !hasPosture { return -damping * state.velocity }", "", "a stop damps"),
    (MACHINE, "return stiffness * (posture - state.position) - damping * state.velocity + state.coriolis", "return state.coriolis - damping * state.velocity", "a hold has a posture"),
    (MACHINE, "if mode == .active { return last }", "return last", "never the last torque for ever"),
    (MACHINE, "if silence > commandTimeout, mode == .active", "if silence > stopTimeout, mode == .active", "hold at commandTimeout"),
    (MACHINE, "if silence > stopTimeout, mode == .active || mode == .holding", "if silence > 2 * stopTimeout, mode == .active || mode == .holding", "damped stop at stopTimeout"),
    (MACHINE, "if !isSlow(state) { lastMotion = state.time }", "", "standing is not moving"),
    (MACHINE, ">= standingTime", ">= 0", "an arm stands after a while only"),
    (MACHINE, ", isStanding || state.time - since >= longestDamping {", ", isStanding {", "a stop holds in the end"),
    (GUARD, "guard command.tick == state.tick else {", "guard command.tick >= state.tick else {", "a torque of a tick to come"),
    (GUARD, "guard command.tick == state.tick else {", "guard command.tick <= state.tick else {", "a torque of a tick that is over"),
    (GUARD, "refusals.late += 1", "", "late torques are counted"),
    (GUARD, "refusals.early += 1", "", "early torques are counted"),
    (GUARD, "refusals.stopped += 1", "", "torques to a stopped arm are counted"),
    (GUARD, "guard machine.command(toward: command.setpoint, at: state.time) else {\n      refusals.stopped += 1\n      return false\n    }", "_ = machine.command(toward: command.setpoint, at: state.time)", "no torque moves a stopped arm"),
    (GUARD, "torque.torque = last.allowed\n", "", "the driver's filter"),
    (GUARD, "if let reason = supervisor.stopReason(for: state), !machine.mode.isStopped {", "if let reason = supervisor.stopReason(for: state), false {", "the supervisor stops the arm"),
    (GUARD, "torque.torque = machine.torque(for: state, last: last.allowed)\n", "", "the machine's torque where none comes"),
    (GUARD, "for: state, last: last.allowed, isFenceClosed", "for: state, last: state.torque, isFenceClosed", "the driver's rate counts from what was sent"),
    (GUARD, "    supervisor.rearm()\n", "", "a recovery opens the fence"),
    (GUARD, "last.allowed = torque }", "}", "after a snapshot the rate counts from its torque"),
    (GUARD, "setpoint = command.setpoint\n", "", "a held torque names its setpoint"),
    # The setpoint's stages.
    (SETPOINTS, "guard state.isFinite else {", "guard true else {", "no new pose in a state that is not finite"),
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
    (SETPOINTS, "fence.excessTurn(of: baseFromTool.rotation).length <= limits.fenceTurnMargin)", "true)", "stop: turned out of the fence"),
    (SUPERVISOR, "return contactStop(state)", "return nil", "stop: contact"),
    (FILTER, "return force >= limits.contactForce.hard || moment", "return moment", "stop: contact force"),
    (FILTER, "limits.contactForce.hard || moment >= limits.contactMoment.hard", "limits.contactForce.hard", "stop: contact moment"),
    (LIMITS, "saturatedTicks = 50", "saturatedTicks = 55", "stop: 50 saturated ticks"),
    (SUPERVISOR, "return saturatedTicks > filter.limits.saturatedTicks\n      ? .torqueSaturated(ticks: saturatedTicks) : nil", "return nil", "stop: saturation"),
    (SETPOINTS, "to: gains.translationalDamping / limits.delay", "to: .infinity", "damping that a stiffness needs over the delay"),
    (SETPOINTS, "to: gains.rotationalDamping / limits.delay", "to: .infinity", "the same of rotation"),
    (LIMITS, "both.delay = max(a.delay, b.delay)", "both.delay = a.delay", "tightest: delay"),
    (LIMITS, "both.saturatedTicks = min(a.saturatedTicks, b.saturatedTicks)", "both.saturatedTicks = a.saturatedTicks", "tightest: saturated ticks"),
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
    (LOOP, "let compliance = filter.limited(hold)", "let compliance = hold", "gains before the first setpoint"),
    (LOOP, "if !isFenceClosed { isFenceClosed = filter.isInsideFence(state.baseFromTool) }", "isFenceClosed = true", "the fence closes behind the tool, not before"),
    (LOOP, "if !isFenceClosed { isFenceClosed = filter.isInsideFence(state.baseFromTool) }", "", "the fence closes"),
    (LOOP, "isFenceClosed = snapshot.isFenceClosed", "isFenceClosed = false", "a closed fence is remembered"),
    (LOOP, "    admitSetpoint(at: state)\n", "", "setpoints pass the filter"),
    (LOOP, "last = filter.admit(asked, for: state, last: before, isFenceClosed: isFenceClosed)", "last = SafeTorque(asked: asked, allowed: asked, events: [])", "torques pass the filter"),
    (LOOP, "return state.tick == lastTick + 1 ? last.allowed : state.torque", "return last.allowed", "rate after a gap counts from what acted"),
    (LOOP, "    told.add(safe, tick: state.tick)\n", "", "setpoint interventions are told"),
    (LOOP, "      told.add(last, tick: state.tick)\n", "", "torque interventions are told"),
    (LOOP, "wasInContact ? last.events.subtracting(.contact) : last.events", "last.events", "a contact is told once"),
    (LOG, "    lost += 1\n", "", "interventions not kept are counted"),
    (SCHEDULE, "guard setpoint.sequence > newest else {", "guard setpoint.sequence > 0 else {", "sequence of setpoints"),
    (SCHEDULE, "guard setpoint.isUsable, setpoint", "guard setpoint", "setpoints are finite and not negative"),
    (SCHEDULE, "setpoint.isUsable, setpoint.sequence < 1 << 62", "setpoint.isUsable", "a number leaves room for the next"),
    (LAW, "error.clamped(-gains.clipAgainst, gains.clipToward)", "error", "clip of the position error"),
    (LAW, "turn.rotationVector.clamped(-gains.clipRotation, gains.clipRotation)", "turn.rotationVector", "clip of the rotation error"),
    (LAW, "- bounded(gains.translationalDamping) * twist.linear", "", "damping of the law"),
    (LAW, "- bounded(gains.rotationalDamping) * twist.angular", "", "rotational damping of the law"),
]

# As in `MUTANTS`, and last the tests that must notice; no others are run.
TESTED_MUTANTS = [
    # Sockets.
    (SEAL, "    if sum != Self.sum(message, number, self.session) { return .damaged }\n", "", "checksum of messages", "SealTests"),
    (SEAL, "return self.session == session.value ? nil : .foreign", "return nil", "messages of another session", "SealTests"),
    (SERVER, "if let newest = calls[peer], number <= newest.number {", "if let newest = calls[peer], number < newest.number {", "a call that comes twice acts once", "each call is acted on once"),
    (OPTIONS, "    try set(ZMQ_MAXMSGSIZE, options.longestMessage + context.security.overhead)\n", "", "longest message", "the longest message passes"),
    (DOORKEEPER, 'return key == own ? "own" : allowed.name(of: key)', 'return key == own ? "own" : "anybody"', "keys that may come in", "a server of calls"),
    (ENDPOINT, "      case .local where !isLocal: throw .notLoopback(text)\n", "", "no address of others without keys", "no address that others could mean"),
    (ENDPOINT, '["127.0.0.1", "[::1]"].contains($0)', '["127.0.0.1", "[::1]", "localhost"].contains($0)', "two spellings of this machine", "no address that others could mean"),
    (SECURITY, "    guard case .keys = security else { throw .notLoopback(endpoint.description) }\n", "", "no socket of others without keys", "an endpoint made for keys opens nothing"),
    # Gains against delay.
    (GAINS, "for finding in findings where finding.margin.verdict == .unstable {", "for finding in findings where false {", "refusal of unstable gains", DRY_RUN),
    (GAINS, "    try refuse(findings)\n    try Self.refuseOwn(recipe)", "    try refuse()\n    try Self.refuseOwn(recipe)", "refusal of the largest gains", DRY_RUN),
    (GAINS, "guard product < .pi / 2 else {", "guard product < .pi else {", "refusal of the driver's own damping", DRY_RUN),
    (GAINS, "for spring in springs where spring.damping < spring.stiffness * delay {", "for spring in springs where spring.damping < 0 {", "refusal of a stiffness without damping", DRY_RUN),
    (GAINS, "launch.clock == .realtime ? 0.9 : 0", "launch.clock == .realtime ? 0.0 : 0", "the way of a torque is part of the delay", DRY_RUN),
    (GAINS, "findings.filter { $0.margin.verdict == .thin && $0.compliance", "findings.filter { $0.margin.verdict == .unstable && $0.compliance", "warning of a thin margin", "gains whose margin is thin"),
    # The driver's session.
    (LOCKSTEP, "private static let patience: Int64 = 1_000_000_000", "private static let patience: Int64 = 100_000_000_000", "a second of patience in lock-step", SILENCE),
    (LOCKSTEP, '    if arm.machine.mode == .ready { arm.fault(because: "no torque within 1 s of wall time") }\n', "", "silence before the first torque", SILENCE),
    (LOCKSTEP, 'within 1 s of wall time") }\n    try comeToRest()\n', 'within 1 s of wall time") }\n', "time goes on without a controller", SILENCE),
    (LOCKSTEP, "    try dropLeftovers()\n", "", "leftovers are no sign of life", PROBE),
    (LOCKSTEP, '    arm.fault(because: "the controller has been silent for 1 s")\n', "", "silence between grants", PROBE),
    (REAL_TIME, "RealTime.Deadline(in: 900_000)", "RealTime.Deadline(in: 900_000_000)", "a tick waits 0.9 ms for its torque", "torques that are late, early or not finite"),
    (REAL_TIME, "      try dropLeftovers()\n", "", "leftovers keep no controller out", "breaks off with a torque unread"),
    (DRIVER, '      arm.fault(because: "`launch` has said nothing for \\(decimal(patience, 0)) s")\n', "", "silence of launch", "an arm whose launch is stopped"),
    (STOPS, "      arm.stop(because: reason)\n", "", "a person's stop", PERSON),
    (STOPS, "guard arm.machine.mode.isStopped else {", "guard true else {", "only a stopped arm is let go", PERSON),
    (STOPS, "guard arm.recover(because: reason) else {", "guard arm.recover(because: reason) || true else {", "no word of a recovery that was refused", PERSON),
    (JOURNAL, "        file.add(told.driver, by: .driver)\n", "", "journal of the driver's cuts", MAD),
    (JOURNAL, "        file.add(told.stops)\n", "", "journal of stops", MAD),
    (STOPS, "case .recover where unwatched:", "case .recover where false:", "no arm is let go that nobody watches", "an arm whose launch is stopped"),
    (GAINS, "guard safety.stopDamping >= safety.holdStiffness * delay else {", "guard true else {", "refusal of the driver's own stiffness", DRY_RUN),
    (WATCH, "lives.filter { listened - $1.seen > $1.patience }", "lives.filter { listened - $1.seen > .max }", "a process that gives no sign of life", "a process that is stopped ends the session"),
    (WATCH, "listened += min(max(0, now - lastAttended), longestLook)", "listened += max(0, now - lastAttended)", "who was away holds it against nobody", "an arm whose launch is stopped"),
    (LOCKSTEP, "      try comeToRest()\n      giveUpRecording()\n", "      giveUpRecording()\n", "an ending driver brings the arm to rest in lock-step", ENDING),
    (REAL_TIME, "      try comeToRest(&timer)\n      throw error\n", "      throw error\n", "an ending driver brings the arm to rest", ENDING),
    (REAL_TIME, "    arm.close()\n    try comeToRest(&timer)\n", "    arm.close()\n", "the end of a session brings the arm to rest", ENDING),
    (ARM_LINK, "where state.tick >= tick && state.time >= told: return state", "where state.tick >= tick: return state", "a state of before is none of now", NEWS),
    (ARM_LINK, "      case .driverStatus(let status) where status.time < told: continue\n", "", "a stop of before stops nothing", NEWS),
]

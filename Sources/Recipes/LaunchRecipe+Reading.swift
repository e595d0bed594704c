extension LaunchRecipe: RecipeSection {
  init(reading section: inout Section) {
    robot = section.text("robot", "the name of a folder of Robots")
    task = section.text("task", "the name of a folder of Tasks")
    seed = section.seed("seed")
    clock = section.choice("clock", otherwise: .lockstep)
    placement = section.choice("placement", otherwise: .driver)
    run = section.text("run", "the folder of the run's results")
    endpoints = section.parsed(
      "endpoints",
      expected: "ipc or tcp://ADDRESS:PORT, such as 127.0.0.1, with a port in 1024…65000",
      otherwise: .ipc, parse: Endpoints.init(address:))
    hosts = section.optionalSection("hosts", Hosts.init(reading:))
    security = section.optionalSection("security", Security.init(reading:))
    if section.holds("realtime") { realtime = section.section("realtime") }
    actors = section.optionalWhole("actors", 1...Self.mostActors) ?? actors
    if section.isWritten("joins") { joins = section.section("joins") }
    recording = section.choice("recording", otherwise: .all)
    demonstrations = section.section("demonstrations")
    learner = section.section("learner")
    pace = section.section("pace")
    finish = section.section("finish")
    checkpointEvery = section.whole("checkpointEvery", 1...1_000_000_000)
    supervision = section.section("supervision", otherwise: Supervision())
    section.require(
      security.keys != nil || endpoints.isLocal, at: "endpoints", Endpoints.keysMissing)
    section.require(hosts.learner == nil || endpoints != .ipc, at: "hosts", Hosts.needTCP)
    section.require(
      security.keys != nil || hosts.isLocal, at: "hosts", Endpoints.keysMissing)
    section.require(
      demonstrations.episodes > 0 || learner.demonstrationShare == 0, at: "demonstrations",
      "0 episodes cannot fill learner.demonstrationShare, \(learner.demonstrationShare) of a batch")
  }

  var entries: [WrittenEntry] {
    [
      .init("robot", robot), .init("task", task), .init("seed", seed), .init("clock", clock),
      .init("placement", placement), .init("run", run), .init("endpoints", endpoints.address),
      .init("hosts", hosts), .init("security", security), .init("realtime", realtime),
      .init("actors", actors),
    ] + (joins.map { [.init("joins", $0)] } ?? []) + [
      .init("recording", recording),
      .init("demonstrations", demonstrations),
      .init("learner", learner), .init("pace", pace), .init("finish", finish),
      .init("checkpointEvery", checkpointEvery), .init("supervision", supervision),
    ]
  }
}

extension LaunchRecipe.Supervision: RecipeSection {
  init(reading section: inout Section) {
    self.init()
    silence = section.optionalNumber("silence", 1...3600, "s") ?? silence
    standstillMinutes =
      section.optionalNumber("standstillMinutes", 0.05...1440, "min") ?? standstillMinutes
    recoveryMinutes =
      section.optionalNumber("recoveryMinutes", 0.01...1440, "min") ?? recoveryMinutes
    learnerRestarts = section.optionalWhole("learnerRestarts", 0...1000) ?? learnerRestarts
  }

  var entries: [WrittenEntry] {
    [
      .init("silence", silence), .init("standstillMinutes", standstillMinutes),
      .init("recoveryMinutes", recoveryMinutes), .init("learnerRestarts", learnerRestarts),
    ]
  }
}

extension LaunchRecipe.Demonstrations: RecipeSection {
  init(reading section: inout Section) {
    folder = section.text("folder", "the folder of the demonstrations")
    episodes = section.whole("episodes", 0...1_000_000)
    noise = section.number("noise", 0...1)
    seed = section.seed("seed")
  }

  var entries: [WrittenEntry] {
    [
      .init("folder", folder), .init("episodes", episodes), .init("noise", noise),
      .init("seed", seed),
    ]
  }
}

extension LaunchRecipe.Learner: RecipeSection {
  init(reading section: inout Section) {
    kind = section.choice("kind", otherwise: .rlpd)
    threads = section.whole("threads", 1...64)
    ensemble = section.whole("ensemble", 1...100)
    drawn = section.whole("drawn", 1...100)
    width = section.whole("width", 1...8192)
    layerNorm = section.flag("layerNorm")
    criticsSeeSetpoint = section.flag("criticsSeeSetpoint")
    discount = section.number("discount", 0...1)
    leastReturn = section.number("leastReturn", -1e9...1e9)
    greatestReturn = section.number("greatestReturn", -1e9...1e9)
    learningRate = section.number("learningRate", 1e-8...1)
    targetRate = section.number("targetRate", 1e-6...1)
    initialTemperature = section.number("initialTemperature", 1e-8...100)
    targetEntropy = section.number("targetEntropy", -1000...1000, "nat")
    entropyBackup = section.flag("entropyBackup")
    pretrainUpdates = section.whole("pretrainUpdates", 0...1_000_000_000)
    cloningWeight = section.number("cloningWeight", 0...1000)
    cloningSteps = section.whole("cloningSteps", 0...1_000_000_000)
    lookahead = section.whole("lookahead", 1...10_000)
    batch = section.whole("batch", 1...65_536)
    demonstrationShare = section.number("demonstrationShare", 0...1)
    capacity = section.whole("capacity", 1...100_000_000)
    startStep = section.whole("startStep", 0...1_000_000_000)
    updatesPerStep = section.whole("updatesPerStep", 0...1000)
    criticsPerActor = section.whole("criticsPerActor", 1...1000)
    section.require(
      drawn <= ensemble, at: "drawn", "\(drawn) cannot be drawn from an ensemble of \(ensemble)")
    section.require(
      leastReturn < greatestReturn, at: "leastReturn",
      "\(leastReturn) is not below greatestReturn, \(greatestReturn)")
    section.require(
      capacity >= batch, at: "capacity", "\(capacity) transitions cannot fill a batch of \(batch)")
  }

  var entries: [WrittenEntry] {
    [
      .init("kind", kind), .init("threads", threads), .init("ensemble", ensemble),
      .init("drawn", drawn), .init("width", width), .init("layerNorm", layerNorm),
      .init("criticsSeeSetpoint", criticsSeeSetpoint),
      .init("discount", discount), .init("leastReturn", leastReturn),
      .init("greatestReturn", greatestReturn), .init("learningRate", learningRate),
      .init("targetRate", targetRate), .init("initialTemperature", initialTemperature),
      .init("targetEntropy", targetEntropy), .init("entropyBackup", entropyBackup),
      .init("pretrainUpdates", pretrainUpdates), .init("cloningWeight", cloningWeight),
      .init("cloningSteps", cloningSteps), .init("lookahead", lookahead),
      .init("batch", batch), .init("demonstrationShare", demonstrationShare),
      .init("capacity", capacity), .init("startStep", startStep),
      .init("updatesPerStep", updatesPerStep), .init("criticsPerActor", criticsPerActor),
    ]
  }
}

extension LaunchRecipe.Pace: RecipeSection {
  init(reading section: inout Section) {
    lag = section.whole("lag", 0...1_000_000)
    publishEvery = section.whole("publishEvery", 1...1_000_000)
  }

  var entries: [WrittenEntry] { [.init("lag", lag), .init("publishEvery", publishEvery)] }
}

extension LaunchRecipe.Finish: RecipeSection {
  init(reading section: inout Section) {
    steps = section.whole("steps", 1...1_000_000_000)
    robotMinutes = section.number("robotMinutes", 0.001...1_000_000, "min")
    window = section.whole("window", 1...100_000)
    success = section.number("success", 0...2)
  }

  var entries: [WrittenEntry] {
    [
      .init("steps", steps), .init("robotMinutes", robotMinutes), .init("window", window),
      .init("success", success),
    ]
  }
}

import Foundation

extension RLPDConfiguration {
  /// Floating-point operations of one critic update and its share of an actor update: 2·m·n·k for
  /// each matrix product m×k·k×n, and nothing else.
  ///
  /// Of the target critics only those count that are evaluated, E·(1 - (1 - 1/E)ᵈ) on average for d
  /// draws with replacement.
  public var operationsPerUpdate: Double {
    let critic = forward(criticLayers), actor = forward(actorLayers)
    let critics = Double(ensemble)
    let targets = actor + evaluatedTargets * critic
    let criticUpdate = critics * (2 * critic + inputGradient(criticLayers, last: 1))
    let actorUpdate =
      2 * actor + inputGradient(actorLayers, last: 1)
      + critics * (critic + inputGradient(criticLayers, last: 0))
    return targets + criticUpdate + actorUpdate / Double(criticsPerActor)
      + setpointProjection * (2 + 2 / Double(criticsPerActor))
  }

  private var criticLayers: [(inputs: Int, outputs: Int)] {
    [(criticInputSize, width), (width, width), (width, 1)]
  }

  private var actorLayers: [(inputs: Int, outputs: Int)] {
    [(inputSize, width), (width, width), (width, 2 * actionSize)]
  }

  private var evaluatedTargets: Double {
    let all = Double(ensemble)
    return drawn == ensemble ? all : all * (1 - pow(1 - 1 / all, Double(drawn)))
  }

  private var setpointProjection: Double {
    2 * Double(batchRows * (inputSize + actionSize) * setpoints.count)
  }

  private func forward(_ layers: [(inputs: Int, outputs: Int)]) -> Double {
    layers.reduce(0) { $0 + 2 * Double(batchRows * $1.inputs * $1.outputs) }
  }

  /// The gradient passed back through the layers down to layer `last`.
  private func inputGradient(_ layers: [(inputs: Int, outputs: Int)], last: Int) -> Double {
    forward(Array(layers.dropFirst(last)))
  }
}

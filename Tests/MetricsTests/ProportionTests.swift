import Foundation
import Metrics
import Testing

@Suite struct ProportionTests {
  @Test(arguments: [
    (0, 10, 0.0, 0.27753), (10, 10, 0.72247, 1.0), (5, 10, 0.23659, 0.76341),
    (97, 100, 0.91548, 0.98974), (1, 2, 0.09453, 0.90547), (50, 100, 0.40383, 0.59617),
  ]) func `Wilson's interval is as tabulated`(
    successes: Int, trials: Int, lower: Double, upper: Double
  ) {
    let interval = Proportion(successes: successes, trials: trials).interval()
    #expect(abs(interval.lowerBound - lower) < 1e-5)
    #expect(abs(interval.upperBound - upper) < 1e-5)
  }

  @Test func `a bound is as unlikely as the score test says`() {
    let z = 1.959964
    for trials in [1, 2, 7, 20, 100, 1000] {
      for successes in Set([0, 1, trials / 3, trials / 2, trials - 1, trials]) {
        let proportion = Proportion(successes: successes, trials: trials)
        let interval = proportion.interval(z: z)
        #expect(interval.contains(proportion.share))
        for bound in [interval.lowerBound, interval.upperBound] where bound > 0 && bound < 1 {
          let score =
            (proportion.share - bound) / (bound * (1 - bound) / Double(trials)).squareRoot()
          #expect(abs(abs(score) - z) < 1e-6)
        }
        let mirror = Proportion(successes: trials - successes, trials: trials).interval(z: z)
        #expect(abs(mirror.lowerBound - (1 - interval.upperBound)) < 1e-12)
      }
    }
  }

  @Test func `without a trial anything is possible`() {
    #expect(Proportion(successes: 0, trials: 0).interval() == 0...1)
    #expect(Proportion(successes: 0, trials: 0).share == 0)
  }

  @Test func `a proportion reads as a report`() {
    #expect(
      Proportion(successes: 97, trials: 100).description
        == "97/100 (95 % interval 91.5…99.0 %)")
  }
}

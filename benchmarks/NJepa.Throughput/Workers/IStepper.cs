namespace NJepa.Throughput.Workers;

/// <summary>Something that trains, step by step.</summary>
internal interface IStepper : IDisposable
{
    /// <summary>A step on images that are in memory already.</summary>
    /// <returns>GFLOP of the step; 0 where they are not counted.</returns>
    double Step(PhaseClock clock);

    /// <summary>A number of steps with loading.</summary>
    /// <returns>The time spent waiting for images.</returns>
    TimeSpan Run(int steps);
}

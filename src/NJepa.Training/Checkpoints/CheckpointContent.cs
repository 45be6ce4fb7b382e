using NJepa.Models;

namespace NJepa.Training;

/// <summary>All that a checkpoint holds, in the host's memory and independent of the run, which may go on.</summary>
internal sealed record CheckpointContent(long Step, WeightsSnapshot Weights, OptimizerSnapshot Optimizer, byte[] Trainer) : IDisposable
{
    public void Dispose()
    {
        Weights.Dispose();
        Optimizer.Dispose();
    }
}

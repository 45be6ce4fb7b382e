using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// The number of steps that an optimizer has taken. It lives on the device, because only the device knows which steps were blocked; it is an integer there, and the float32 that the fused kernel
/// reads is rounded from it each time, so that no number of steps gets stuck. The host asks only when somebody wants to know.
/// </summary>
internal sealed class StepCount : IDisposable
{
    private readonly Tensor _taken;
    private readonly Tensor _one;
    private long? _known = 0;

    public StepCount(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        // A zero-dimensional tensor of its own, not a number from the host: that would be a scalar nobody holds.
        _taken = zeros(1, dtype: ScalarType.Int64, device: device).select(0, 0).DetachFromDisposeScope();
        _one = ones(1, dtype: ScalarType.Int64, device: device).select(0, 0).DetachFromDisposeScope();
        Number = zeros(1, dtype: ScalarType.Float32, device: device).select(0, 0).DetachFromDisposeScope();
    }

    /// <summary>The number of the step that is being taken, counted from 1, as a float32 scalar. Where the step is blocked it means nothing.</summary>
    public Tensor Number { get; }

    /// <summary>The steps taken; waits for the device where a step may have been blocked since the last answer.</summary>
    public long Value
    {
        get
        {
            if (_known is null)
            {
                using Tensor host = _taken.cpu();
                _known = host.data<long>()[0];
            }

            return _known.Value;
        }
    }

    /// <summary>Counts a step.</summary>
    /// <param name="blocked">A float32 scalar on the device: 1 if the step does not count. Null counts it.</param>
    public void Advance(Tensor? blocked)
    {
        using DisposeScope scope = NewDisposeScope();
        _taken.AddInPlace(blocked is null ? _one : blocked.logical_not());
        Number.copy_(_taken);
        _known = blocked is null ? _known + 1 : null;
    }

    /// <summary>Goes on from a number of steps.</summary>
    public void Restore(long steps)
    {
        using DisposeScope scope = NewDisposeScope();
        _taken.FillWith(steps);
        Number.copy_(_taken);
        _known = steps;
    }

    public void Dispose()
    {
        _taken.Dispose();
        _one.Dispose();
        Number.Dispose();
    }
}

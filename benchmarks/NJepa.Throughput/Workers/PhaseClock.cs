using System.Diagnostics;
using TorchSharp;

namespace NJepa.Throughput.Workers;

/// <summary>Times the phases of a step. On a GPU each phase ends with a wait for it, or the phases would end before they have begun.</summary>
internal sealed class PhaseClock(torch.Device device)
{
    private readonly Stopwatch _watch = new();
    private TimeSpan _last;

    public Dictionary<string, double> Phases { get; } = [];

    public double Total { get; private set; }

    public void Start()
    {
        Phases.Clear();
        Wait();
        _watch.Restart();
        _last = TimeSpan.Zero;
    }

    public void Mark(string phase)
    {
        Wait();
        TimeSpan now = _watch.Elapsed;
        Phases[phase] = Phases.GetValueOrDefault(phase) + (now - _last).TotalMilliseconds;
        Total = now.TotalMilliseconds;
        _last = now;
    }

    private void Wait()
    {
        if (device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize(device);
        }
    }
}

using Microsoft.Extensions.Logging;

namespace NJepa.Training;

/// <summary>Says once per run that training waits for images: nothing else shows it, and the machine looks busy.</summary>
internal sealed class LoaderWatch(ILogger logger, int loaderThreads)
{
    /// <summary>From this share of the time on it is worth somebody's attention.</summary>
    public const double LargestShare = 0.2;

    private bool _first = true;
    private bool _said;

    /// <summary>To be told of every report of a run.</summary>
    public void Check(TrainingProgress report)
    {
        // Until the first report the loader had its threads to start and nothing loaded ahead.
        bool counts = !_first;
        _first = false;
        if (counts && !_said && report.LoaderWaitShare > LargestShare)
        {
            _said = true;
            logger.SlowLoader(report.Step, report.LoaderWaitShare, loaderThreads);
        }
    }
}

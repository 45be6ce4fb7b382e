using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>
/// Looks now and then whether the teacher still tells images apart: a prediction loss falls to almost nothing when all images get the same features, and looks like success. It reads the teacher
/// and nothing else, so that a run is the same with it and without, and whatever goes wrong in it is a warning.
/// </summary>
internal sealed class CollapseWatch
{
    private const long LeastAutomatic = 100;
    private const long MostAutomatic = 500;

    private readonly JepaModel _model;
    private readonly IImageSource _images;
    private readonly PretrainingOptions _options;
    private readonly ILogger _logger;
    private readonly long _every;
    private readonly long _totalSteps;
    private readonly CollapseVerdict _verdict;
    private CollapseProbe? _probe;
    private long _lastStep;
    private bool _off;

    /// <summary>A watch for a run.</summary>
    /// <param name="model">The model, of which the teacher is read.</param>
    /// <param name="images">The images from which the probe is chosen.</param>
    /// <param name="options">How often, how many, and which thresholds.</param>
    /// <param name="stepsPerEpoch">Steps per epoch.</param>
    /// <param name="firstStep">Steps done before the run.</param>
    /// <param name="logger">Where it warns.</param>
    public CollapseWatch(JepaModel model, IImageSource images, PretrainingOptions options, long stepsPerEpoch, long firstStep, ILogger logger)
    {
        (_model, _images, _options, _logger, _lastStep) = (model, images, options, logger, firstStep);
        _off = !options.WatchCollapse;
        _every = options.CollapseCheckEvery ?? Math.Clamp(stepsPerEpoch, LeastAutomatic, MostAutomatic);
        _totalSteps = stepsPerEpoch * options.Epochs;
        _verdict = new CollapseVerdict(options, (long)(options.EffectiveWarmupEpochs * stepsPerEpoch));
    }

    /// <summary>To be called with every report: measures if a multiple of the interval, or the end of the run, lies between the last report and this one.</summary>
    /// <param name="step">Steps done so far.</param>
    /// <returns>The measures, or null if none were due or possible.</returns>
    public CollapseReport? Check(long step)
    {
        bool due = step / _every > _lastStep / _every || step == _totalSteps;
        _lastStep = step;
        if (!due || _off)
        {
            return null;
        }

        try
        {
            return Measure(step);
        }
        catch (Exception exception) when (exception is EvaluationException or ImageSourceException or ExternalException)
        {
            _off = true;
            _logger.CollapseUnknown(step, exception.Message.Split('\n')[0].Trim());
            return null;
        }
    }

    private CollapseReport? Measure(long step)
    {
        _probe ??= CollapseProbe.Read(_images, _model.Configuration.Encoder.ImageSize, _options);
        if (_probe.Count < 2)
        {
            _off = true;
            _logger.CollapseUnknown(step, FormattableString.Invariant($"{_probe.Count} of the images chosen for it can be read, and differences need two"));
            return null;
        }

        CollapseReport report = _probe.Measure(_model.Teacher);
        double variation = report.RootMeanSquare == 0 ? 0 : report.FeatureStandardDeviation / report.RootMeanSquare;
        switch (_verdict.Judge(report, step))
        {
            case CollapseChange.Collapsed:
                string remedies = Remedies();
                _logger.Collapsed(step, report.Count, variation, _options.CollapseVariation, report.RankMe, report.Width, _verdict.SmallestRankMe(report), report.MeanPairwiseCosine, remedies);
                break;
            case CollapseChange.Recovered:
                _logger.Recovered(step, variation, report.RankMe, report.Width);
                break;
        }

        return report;
    }

    private string Remedies()
    {
        VarianceCovarianceWeights terms = _model.Configuration.Recipe.VarianceCovariance;
        string spread = terms.IsActive
            ? FormattableString.Invariant($"raise the variance and covariance terms (they are {terms.Variance} and {terms.Covariance})")
            : "switch on the variance and covariance terms (JepaRecipe.SmallData has them)";
        return FormattableString.Invariant($"{spread}, raise Momentum (it is {_options.Momentum}), lower LearningRate (the peak is {_options.LearningRate})");
    }
}

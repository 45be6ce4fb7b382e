using System.Diagnostics;
using System.Runtime.InteropServices;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>A probe during one run: the images it keeps, when it is due, and its readings. It reads an encoder and nothing else of the run.</summary>
internal sealed class ProbeRun
{
    /// <summary>The encoder's part of a training step is no larger, so that what fits there fits here.</summary>
    private const int LargestPart = 256;

    private readonly OnlineProbe _probe;
    private readonly TrainerParts _parts;
    private readonly DecodedImages _train;
    private readonly DecodedImages _test;
    private readonly List<OnlineProbeReading> _readings = [];

    private ProbeRun(OnlineProbe probe, TrainerParts parts, DecodedImages train, DecodedImages test) => (_probe, _parts, _train, _test) = (probe, parts, train, test);

    /// <summary>The readings of this run, oldest first.</summary>
    public IReadOnlyList<OnlineProbeReading> Readings => _readings;

    /// <summary>The newest reading, of this run or of the part of it that was interrupted.</summary>
    public OnlineProbeReading? Latest { get; private set; }

    /// <summary>What all readings took.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>Decodes the images and sees whether they can be classified at all.</summary>
    /// <returns>Null without a probe, or when it was cancelled meanwhile.</returns>
    /// <exception cref="TrainingException">They cannot, or the view does not fit the encoder.</exception>
    /// <exception cref="TooManyBadImagesException">Too many of them cannot be read.</exception>
    /// <exception cref="ImageSourceException">They failed.</exception>
    public static ProbeRun? Prepare(OnlineProbe? probe, TrainerParts parts, CancellationToken cancellationToken)
    {
        if (probe is null)
        {
            return null;
        }

        OnlineProbeOptions options = probe.Options;
        EvaluationTransform transform = options.TransformFor(parts.Model.Configuration.Encoder.ImageSize);
        try
        {
            var run = new ProbeRun(
                probe,
                parts,
                Read(ProbeChoice.Of(probe.Train, "training images", options.MaxTrainingImages, leastPerClass: 2, options.Seed)),
                Read(ProbeChoice.Of(probe.Test, "test images", options.MaxTestImages, leastPerClass: 1, options.Seed)));
            ProbeChoice.RequireClasses(run._train.Labels, probe.Train.ClassNames, run._test.Labels, probe.Test.ClassNames);
            return run;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        DecodedImages Read(IImageSource images) =>
            DecodedImages.Read(images, transform, parts.Options, parts.Options.MaxBadImageShare, LargestPart, cancellationToken);
    }

    /// <summary>Where a run begins or goes on: takes note of the last reading before.</summary>
    public void Begin(OnlineProbeReading? latest) => Latest = latest;

    /// <summary>Whether the encoder is to be judged after so many steps and has not been yet.</summary>
    public bool IsDue(long step)
    {
        long every = _probe.Options.EverySteps ?? (long)_probe.Options.EveryEpochs * _parts.Loader.BatchesPerEpoch;
        return (step % every == 0 || step == _parts.TotalSteps) && Latest?.Step != step;
    }

    /// <summary>Judges the encoder; waits for the device.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="mustSucceed">Whether a failure is an error: before the first step of a run. Later it is a warning and costs this reading alone.</param>
    /// <param name="cancellationToken">Gives the reading up; it is due when the run goes on.</param>
    /// <returns>Null when it failed or was cancelled.</returns>
    /// <exception cref="TrainingException">It failed where it must not.</exception>
    public OnlineProbeReading? Measure(long step, bool mustSucceed, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            OnlineProbeReading reading = Judge(step, cancellationToken);
            reading = reading with { Duration = Stopwatch.GetElapsedTime(began) };
            Latest = reading;
            _readings.Add(reading);
            TrainingInstruments.RecordProbe(reading);
            _parts.Logger.Probed(step, reading.NearestNeighbours, reading.LinearProbe, reading.RankMe, reading.TestImages, reading.Duration.TotalSeconds);
            return reading;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception) when (exception is EvaluationException or ExternalException)
        {
            string problem = exception.Message.Split('\n')[0].Trim();
            if (mustSucceed)
            {
                throw new TrainingException(
                    exception is EvaluationException
                        ? $"The online probe cannot judge this encoder: {problem} No step was taken."
                        : $"The online probe failed in the native runtime: {problem} If memory ran out, lower PretrainingOptions.MicroBatchSize, or run without JepaTrainer.Probe. No step was taken.",
                    exception);
            }

            _parts.Logger.ProbeFailed(step, problem);
            return null;
        }
        finally
        {
            Time += Stopwatch.GetElapsedTime(began);
        }
    }

    private OnlineProbeReading Judge(long step, CancellationToken cancellationToken)
    {
        OnlineProbeOptions options = _probe.Options;
        ViTEncoder encoder = options.Encoder == ProbedEncoder.Teacher ? _parts.Model.Teacher : _parts.Model.Student;
        FeatureSet train = Features(_train, encoder, _probe.Train, cancellationToken), test = Features(_test, encoder, _probe.Test, cancellationToken);
        var nearest = new NearestNeighboursOptions { Neighbours = [Math.Min(options.Neighbours, train.Count)] };
        ClassificationResult near = NearestNeighbours.Evaluate(train, test, nearest, cancellationToken)[0];
        double? linear = options.LinearProbe is { } settings ? LinearProbe.Evaluate(train, test, settings, cancellationToken).Classification.Accuracy : null;
        int epoch = step == 0 ? 0 : (int)(((step - 1) / _parts.Loader.BatchesPerEpoch) + 1);
        return new OnlineProbeReading(step, epoch, near.Accuracy, linear, CollapseMeasures.Measure(train).RankMe, train.Count, test.Count);
    }

    private static FeatureSet Features(DecodedImages images, ViTEncoder encoder, IImageSource source, CancellationToken cancellationToken) =>
        new(images.Encode(encoder, cancellationToken), encoder.Configuration.Width, images.Labels, source.ClassNames);
}

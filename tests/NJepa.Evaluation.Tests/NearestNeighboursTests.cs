namespace NJepa.Evaluation.Tests;

public sealed class NearestNeighboursTests : TensorTest
{
    [Fact]
    public void The_defaults_are_twenty_weighted_neighbours_of_centred_features()
    {
        NearestNeighboursOptions.Default.Neighbours.Should().Equal(20);
        NearestNeighboursOptions.Default.CentreFeatures.Should().BeTrue();
        NearestNeighboursOptions.Default.Weighting.Should().Be(NeighbourWeighting.Exponential);
        NearestNeighboursOptions.Default.Temperature.Should().Be(0.07);
    }

    [Theory]
    [InlineData(true, 37)]
    [InlineData(false, 37)]
    [InlineData(true, 8)]
    [InlineData(true, 3)]
    public void The_neighbours_are_those_of_a_brute_force_search(bool centre, int width)
    {
        FeatureSet train = Features.Clouds(5, 120, width, 2, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(5, 31, width, 2, seed: 1, drawSeed: 3);

        NeighbourTable table = NearestNeighbours.Find(train, test, 23, centre);

        double[] mean = Mean(train, centre);
        for (int q = 0; q < test.Count; q++)
        {
            (int Row, double Cosine)[] oracle = BruteForce(train, test, q, mean);
            table.IndicesOf(q).ToArray().Should().Equal(oracle.Take(23).Select(o => o.Row));
            table.SimilaritiesOf(q).ToArray().Zip(oracle).Should().OnlyContain(p => Math.Abs(p.First - p.Second.Cosine) < 1e-12);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 50)]
    [InlineData(64, 99)]
    public void The_size_of_the_chunks_changes_nothing(int queryChunk, int trainChunk)
    {
        FeatureSet train = Features.Clouds(4, 75, 19, 1, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(4, 20, 19, 1, seed: 1, drawSeed: 3);

        NeighbourTable chunked = new NeighbourSearch(train, test, 10, centre: true) { QueryChunk = queryChunk, TrainChunk = trainChunk }.Run(default);

        NeighbourTable whole = NearestNeighbours.Find(train, test, 10);
        chunked.Indices.Should().Equal(whole.Indices);
        chunked.Similarities.Should().Equal(whole.Similarities);
    }

    [Fact]
    public void Nearly_equal_cosines_that_single_precision_cannot_tell_apart_are_ranked_in_double()
    {
        // Directions a hair apart, all around a cosine of 1: their single-precision cosines are equal or in random order.
        var random = new Random(5);
        const int width = 64;
        float[] values = [.. Enumerable.Range(0, 400 * width).Select(_ => (float)(1 + (2e-4 * Features.Normal(random))))];
        FeatureSet train = Features.Unlabelled(values, width);
        FeatureSet query = train.Select([17]);

        NeighbourTable table = NearestNeighbours.Find(train, query, 50, centreFeatures: false);

        table.Indices.Should().Equal(BruteForce(train, query, 0, Mean(train, centre: false)).Take(50).Select(o => o.Row));
        table.Indices[0].Should().Be(17);
    }

    [Fact]
    public void Equal_rows_are_ranked_by_their_index()
    {
        FeatureSet train = Features.Of([1, 0, 0, 1, 1, 0, 2, 0, 0, 1], 2, 0, 1, 0, 1, 1);

        NearestNeighbours.Find(train, train.Select([0]), 5, centreFeatures: false).Indices.Should().Equal(0, 2, 3, 1, 4);
    }

    [Fact]
    public void A_row_of_zeros_is_equally_far_from_everything()
    {
        FeatureSet train = Features.Of([1, 0, 0, 1, 0, 0], 2, 0, 1, 1);

        NeighbourTable table = NearestNeighbours.Find(train, train.Select([2]), 3, centreFeatures: false);

        table.Indices.Should().Equal(0, 1, 2);
        table.Similarities.Should().Equal(0, 0, 0);
    }

    [Theory]
    [InlineData(NeighbourWeighting.Exponential)]
    [InlineData(NeighbourWeighting.Uniform)]
    public void Several_numbers_of_neighbours_in_one_pass_give_what_the_oracle_votes(NeighbourWeighting weighting)
    {
        FeatureSet train = Features.Clouds(6, 60, 12, 3, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(6, 25, 12, 3, seed: 1, drawSeed: 3);

        IReadOnlyList<ClassificationResult> results = NearestNeighbours.Evaluate(train, test, new() { Neighbours = [20, 1, 7], Weighting = weighting });

        results.Select(r => r.Method).Should().Equal("kNN, k = 20", "kNN, k = 1", "kNN, k = 7");
        foreach ((ClassificationResult result, int k) in results.Zip([20, 1, 7]))
        {
            int[] votes = [.. Enumerable.Range(0, test.Count).Select(q => OracleVote(train, test, q, k, weighting))];
            result.Should().Be(ClassificationResult.FromPredictions(result.Method, train.ClassNames, test.Labels, votes));
        }

        results.Select(r => r.Accuracy).Should().OnlyContain(a => a > 0.3 && a < 1, "the task is neither trivial nor hopeless, so a wrong vote shows");
    }

    [Fact]
    public void Labels_that_mean_nothing_give_chance()
    {
        IReadOnlyList<ClassificationResult> results = NearestNeighbours.Evaluate(Features.Noise(1000, 10, 4, seed: 1), Features.Noise(2000, 10, 4, seed: 2), new() { Neighbours = [1, 5, 20] });

        results.Should().OnlyContain(result => Math.Abs(result.Accuracy - 0.25) < Features.ChanceMargin(4, 2000));
    }

    [Fact]
    public void Test_labels_influence_nothing_but_the_score()
    {
        FeatureSet train = Features.Clouds(3, 100, 6, 2, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(3, 100, 6, 2, seed: 1, drawSeed: 3);

        ClassificationResult right = NearestNeighbours.Evaluate(train, test)[0], wrong = NearestNeighbours.Evaluate(train, Features.Relabelled(test, seed: 1))[0];

        wrong.Predictions.Should().Equal(right.Predictions);
        right.Accuracy.Should().BeGreaterThan(wrong.Accuracy + 0.2);
    }

    [Fact]
    public void Many_neighbours_come_near_the_best_possible_accuracy()
    {
        FeatureSet train = Features.Clouds(3, 1500, 2, 1, seed: 4, drawSeed: 5);
        FeatureSet test = Features.Clouds(3, 700, 2, 1, seed: 4, drawSeed: 6);
        double bestPossible = Features.NearestCentre(test, Features.Clouds(3, 1, 2, 0, seed: 4));

        // Cosines see directions alone; a constant third feature, uncentred, turns places into directions.
        double accuracy = NearestNeighbours.Evaluate(Lifted(train), Lifted(test), new() { Neighbours = [60], Weighting = NeighbourWeighting.Uniform, CentreFeatures = false })[0].Accuracy;

        bestPossible.Should().BeInRange(0.5, 0.9);
        accuracy.Should().BeInRange(bestPossible - 0.025, bestPossible + 0.01);

        static FeatureSet Lifted(FeatureSet set) => new([.. Enumerable.Range(0, set.Count).SelectMany(i => set.Row(i).ToArray().Append(30f))], 3, set.Labels, set.ClassNames);
    }

    [Fact]
    public void Equal_votes_go_to_the_lower_class()
    {
        FeatureSet train = Features.Of([1, 0.5f, 1, 0, 0, 1], 2, 2, 1, 0);
        FeatureSet test = new([1, 0.4f], 2, [1], train.ClassNames.ToArray());

        ClassificationResult result = NearestNeighbours.Evaluate(
            train, test, new() { Neighbours = [2], Weighting = NeighbourWeighting.Uniform, CentreFeatures = false })[0];

        result.Correct.Should().Be(1);
    }

    [Fact]
    public void A_low_temperature_leaves_the_vote_to_the_nearest()
    {
        FeatureSet train = Features.Clouds(5, 60, 10, 3, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(5, 20, 10, 3, seed: 1, drawSeed: 3);

        IReadOnlyList<ClassificationResult> results = NearestNeighbours.Evaluate(train, test, new() { Neighbours = [1, 50], Temperature = 0.001 });

        results[1].Confusion.Should().BeEquivalentTo(results[0].Confusion);
    }

    [Fact]
    public void Classes_are_matched_by_name_not_by_position()
    {
        FeatureSet train = Features.Clouds(3, 40, 8, 0.1, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(3, 10, 8, 0.1, seed: 1, drawSeed: 3);
        var turned = new FeatureSet(test.Values, test.Width, Array.ConvertAll(test.Labels, label => 2 - label), ["class2", "class1", "class0"]);

        NearestNeighbours.Evaluate(train, turned)[0].Accuracy.Should().Be(1);
    }

    [Fact]
    public void Classes_that_differ_are_listed()
    {
        FeatureSet train = new([1, 2], 1, [0, 1], ["cat", "dog"]);
        FeatureSet test = new([1, 2], 1, [0, 1], ["Cat", "dog"]);

        Action act = () => NearestNeighbours.Evaluate(train, test);

        act.Should().Throw<EvaluationException>().WithMessage(
            "The training set and the test set do not have the same classes. Only in the training set: 'cat'. Only in the test set: 'Cat'. "
            + "Classes are matched by name (the names of the folders), upper and lower case included: rename or remove the folders that differ.");
    }

    [Fact]
    public void More_neighbours_than_training_images_are_refused()
    {
        FeatureSet set = Features.Of([1, 2, 3], 1, 0, 1, 1);

        Action act = () => NearestNeighbours.Evaluate(set, set);

        act.Should().Throw<EvaluationException>().WithMessage("20 neighbours were asked for, but the training set has 3 images; ask for 3 or fewer.");
    }

    [Fact]
    public void One_class_is_refused()
    {
        FeatureSet set = new([1, 2, 3], 1, [0, 0, 0], ["cat"]);

        Action act = () => NearestNeighbours.Evaluate(set, set);

        act.Should().Throw<EvaluationException>().WithMessage(
            "The training set has images of one class only ('cat'); telling classes apart needs at least two. "
            + "In a folder of images the class is the first folder: put the images of each class into a folder of its own.");
    }

    [Fact]
    public void Unlabelled_images_are_refused()
    {
        FeatureSet train = Features.Of([1, 2, 3], 1, 0, 1, 1);
        FeatureSet test = new([1, 2], 1, [0, FeatureSet.Unlabelled], ["class0", "class1"]);

        Action act = () => NearestNeighbours.Evaluate(train, test);

        act.Should().Throw<EvaluationException>().WithMessage(
            "1 of the 2 images of the test set have no class; every image needs one. "
            + "In a folder of images the class is the first folder: put the images of each class into a folder of its own.");
    }

    [Fact]
    public void Different_widths_are_refused()
    {
        Action act = () => NearestNeighbours.Evaluate(Features.Of([1, 2], 1, 0, 1), Features.Of([1, 2, 3, 4], 2, 0, 1));

        act.Should().Throw<EvaluationException>().WithMessage(
            "The training set has 1 features per image and the test set 2; both must come from the same encoder with the same settings.");
    }

    [Fact]
    public void All_problems_of_the_options_are_listed_at_once()
    {
        Action act = () => new NearestNeighboursOptions { Neighbours = [5, 0, 5], Temperature = 0 }.Validate();

        act.Should().Throw<ArgumentException>().WithMessage(
            "The nearest-neighbour options are not valid: Neighbours contains 0; every number must be at least 1. Neighbours contains a number twice; give each once. "
            + "Temperature is 0; it must be a finite number of at least 0.001. (Parameter 'options')");
    }

    [Fact]
    public void A_search_can_be_stopped()
    {
        FeatureSet set = Features.Noise(50, 4, 2, seed: 1);

        Action act = () => NearestNeighbours.Evaluate(set, set, cancellationToken: new CancellationToken(canceled: true));

        act.Should().Throw<OperationCanceledException>();
    }

    private static double[] Mean(FeatureSet set, bool centre) =>
        [.. Enumerable.Range(0, set.Width).Select(d => centre ? Enumerable.Range(0, set.Count).Average(i => (double)set.Row(i)[d]) : 0)];

    private static (int Row, double Cosine)[] BruteForce(FeatureSet train, FeatureSet test, int query, double[] mean)
    {
        double[] q = Centred(test, query, mean);
        return
        [
            .. Enumerable.Range(0, train.Count)
                .Select(i => (Row: i, Cosine: Cosine(Centred(train, i, mean), q)))
                .OrderByDescending(p => p.Cosine).ThenBy(p => p.Row),
        ];
    }

    private static int OracleVote(FeatureSet train, FeatureSet test, int query, int k, NeighbourWeighting weighting) =>
        BruteForce(train, test, query, Mean(train, centre: true)).Take(k)
            .GroupBy(p => train.Labels[p.Row])
            .OrderByDescending(g => g.Sum(p => weighting == NeighbourWeighting.Uniform ? 1 : Math.Exp(p.Cosine / 0.07)))
            .ThenBy(g => g.Key)
            .First().Key;

    private static double[] Centred(FeatureSet set, int row, double[] mean) => [.. set.Row(row).ToArray().Select((x, d) => x - mean[d])];

    private static double Cosine(double[] a, double[] b) =>
        a.Zip(b).Sum(p => p.First * p.Second) / Math.Sqrt(a.Sum(x => x * x)) / Math.Sqrt(b.Sum(x => x * x));
}

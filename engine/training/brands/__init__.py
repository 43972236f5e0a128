"""The logo embedding: drawings of brands, degradation, training, export, measurement. Nothing here is needed to use it.

Everything is made from packages that are licensed for any use; `sources.NPM` pins them and names their licences:

    npm install --ignore-scripts simple-icons@16.37.0 @iconify-json/logos@1.2.19 ...      # all of `sources.NPM`
    apt-get install plasma-workspace-wallpapers mate-backgrounds gnome-backgrounds        # to lie behind logos in training
    apt-get install opencv-doc                                                            # to lie behind them in measuring
    pip install 'visionmq[training]'

    B=training.brands
    python -m $B.splits   node_modules never_train.txt          # once: writes splits.json, the held-out brands
    python -m $B.drawings node_modules never_train.txt data     # 15,000 drawings of 7,100 brands, 4 minutes
    P="--photographs /usr/share/wallpapers /usr/share/backgrounds"
    python -m $B.train    data 1.pt $P --minutes 55 --seed 1 --square              # on two cores
    python -m $B.train    data 2.pt $P --minutes 32 --seed 2 --square --start 1.pt
    python -m $B.train    data 3.pt $P --minutes 112 --seed 3 --square --start 2.pt
    python -m $B.train    data logos.pt $P --minutes 52 --seed 4 --rate 0.6 --start 3.pt
    python -m $B.export   logos.pt logo_embedding.onnx --half
    python -m $B.evaluate logo_embedding.onnx --plain --data data --dev ../shared/data/logos/dev --photographs OPENCV_EXAMPLES

What recognition makes of the embedding is fitted after it: `training.brand_places`, `brand_frames`, `brand_odds`, in this order.

The split is by brand (`splits`): no drawing of a brand in `never_train.txt`, nor of the 340 brands in `splits.json`, is drawn for
training, under any of its names, from any package. The same seed gives the same samples in the same order; the time is the
schedule, so a faster machine sees more of them. Nothing is calibrated on measured brands.
"""
